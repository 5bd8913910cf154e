import { LONGEST_ANSWER, quote } from './bounds.ts';

/** The part of `fetch` that this library uses. */
export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/** The answer of a session server: a simulation server's WebSocket URL, or why there is none. */
export type Choice =
  | { readonly kind: 'chosen'; readonly url: string }
  /** No server is free, in the session server's words. */
  | { readonly kind: 'unavailable'; readonly text: string }
  /** The session server did not answer as one. */
  | { readonly kind: 'failed'; readonly text: string };

/**
 * The address of the session server's `path`, where `session` may lie below a path of its own.
 *
 * @throws TypeError if `session` is no http or https URL
 */
export function sessionUrl(session: string, path = ''): URL {
  const base = URL.canParse(session) ? new URL(session) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw new TypeError(`Expected \`session\` to be an http or https URL, got ${quote(String(session))}`);
  }
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return new URL(path, base);
}

/** The WebSocket URL that tells a session server's availability. Throws as `sessionUrl` does. */
export function availabilityUrl(session: string): string {
  return sessionUrl(session).href.replace(/^http/, 'ws');
}

/**
 * Asks the session server for a simulation server for `world`, which may have the client wait in line.
 * Rejects only when `signal` aborts.
 *
 * @param ticket by which the place in the line can be asked for
 */
export async function chooseServer(
  fetch: Fetch,
  session: string,
  world: string,
  ticket: string,
  signal: AbortSignal,
): Promise<Choice> {
  const url = sessionUrl(session, 'session');
  url.searchParams.set('ticket', ticket);
  url.searchParams.set('url', world);
  try {
    return readChoice(await readText(await fetch(url.href, { signal })));
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', text: `Could not reach the session server at ${session}: ${describe(error)}` };
  }
}

/** Reads the body of `/session`; the status is not looked at, as reference servers answer 200 to everything. */
function readChoice(body: string): Choice {
  const [, reason] = /^Error:\s*(.*)$/s.exec(body) ?? [];
  if (reason !== undefined) return { kind: 'unavailable', text: capitalized(quote(reason)) };
  if (/^wss?:\/\//.test(body) && URL.canParse(body)) return { kind: 'chosen', url: body.trim().replace(/\/+$/, '') };
  const text = `Expected the session server to name a simulation server by a ws or wss URL, got "${quote(body)}"`;
  return { kind: 'failed', text };
}

/** The body, cut off at `LONGEST_ANSWER`. */
export async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > LONGEST_ANSWER) {
      await reader.cancel();
      return text.slice(0, LONGEST_ANSWER);
    }
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // A host with several addresses has an error for each.
  if (cause instanceof AggregateError && cause.errors.length > 0) return describe(cause.errors[0]);
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
