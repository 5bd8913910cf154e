import { outwardFetch, problemOf } from '../outward-fetch.ts';
import type { Signer } from './cluster-signature.ts';

/** What a simulation server asks of a session server: to be listed, to be listed no more, or whether it would be. */
export type ClusterOrder = 'join' | 'leave' | 'check';

/** What a session server is told of a simulation server. */
export interface AnnouncedServer {
  /** Where clients reach it, as an entry of `simulationServers`: `host:port` or `host/port`. */
  readonly entry: string;
  /** Whether they reach it by wss and https. */
  readonly ssl: boolean;
}

/** Longest part of an answer that is read, in characters: our choice. */
const MOST_ANSWER = 1_000;

/** Longest part of an answer that is repeated to the operator, in characters: our choice. */
const MAX_QUOTE = 200;

/** What an answer without words of its own means. */
const MEANINGS: Readonly<Record<number, string>> = {
  401: 'it does not accept the signature: its `clusterSecret` is another one, or a proxy drops the header Authorization',
  404: 'it takes no servers that join: it has no `clusterSecret`, or is no session server of webots-hub',
};

/**
 * Asks a session server, by the proxy that the environment names. Resolves when it has agreed.
 *
 * @param sessionServer its URL
 * @throws Error whose message says why not, in words for the operator
 */
export async function callSessionServer(
  sessionServer: string,
  order: ClusterOrder,
  { entry, ssl }: AnnouncedServer,
  sign: Signer,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ entry, ssl });
  const path = `/cluster/${order}`;
  const answer = await outwardFetch(`${sessionServer.replace(/\/+$/, '')}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: sign({ method: 'POST', path }, body) },
    body,
    redirect: 'manual',
    signal,
  }).catch((error: unknown) => {
    throw new Error(problemOf(error), { cause: error });
  });
  const text = await readText(answer);
  if (answer.status === 200) return;
  throw new Error(MEANINGS[answer.status] ?? `it answers with status ${answer.status}: ${JSON.stringify(text)}`);
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  // Leaving the loop early ends the answer.
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MOST_ANSWER) break;
  }
  return text.slice(0, MAX_QUOTE);
}
