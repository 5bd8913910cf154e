import { withoutQueries, withoutSecrets } from '../log.ts';

/** Messages that are kept of one session, the latest: our choice, more than a usual one has. */
export const MOST_MESSAGES = 100;

/** Characters that are kept of a message: our choice, a start message is a URL and a few words. */
export const MOST_CHARACTERS = 500;

/** Longest message that is looked into, in characters: our choice; of longer ones, which nobody needs, the length is told. */
const MOST_LOOKED_INTO = 4_000;

/** What would break a line, or make a text look like another one. */
const UNPRINTABLE = /\p{C}/gu;

export type Direction = 'fromClient' | 'toClient';

/** A message of a session, or several that were the same. */
export interface LoggedMessage {
  /** Milliseconds from the beginning of the session to the message, or to the last of those that were the same. */
  readonly at: number;
  readonly direction: Direction;
  /** Without secrets, and cut. */
  readonly text: string;
  /** How many in a row were the same, e.g. heartbeats. */
  readonly times: number;
}

/** The messages of a session, in bounded memory. */
export interface MessageLog {
  readonly messages: readonly LoggedMessage[];
  /** Lines before them that were dropped. */
  readonly leftOut: number;
  /** @param text undefined for a binary message */
  add(direction: Direction, text: string | undefined): void;
}

/** @param elapsed milliseconds since the session began */
export function messageLog(elapsed: () => number): MessageLog {
  const messages: LoggedMessage[] = [];
  let leftOut = 0;
  return {
    messages,
    get leftOut() {
      return leftOut;
    },
    add(direction, sent) {
      const text = sent === undefined ? '[binary]' : shown(sent);
      const at = elapsed();
      const last = messages.at(-1);
      if (last?.direction === direction && last.text === text) {
        messages[messages.length - 1] = { ...last, at, times: last.times + 1 };
        return;
      }
      messages.push({ at, direction, text, times: 1 });
      if (messages.length <= MOST_MESSAGES) return;
      messages.shift();
      leftOut++;
    },
  };
}

/** Cut only after what is secret is out: half a secret would not be found. Takes time in proportion to the text. */
function shown(text: string): string {
  if (text.length > MOST_LOOKED_INTO) return `[${text.length} characters]`;
  const harmless = withoutQueries(withoutSecretFields(text));
  const cut = harmless.length > MOST_CHARACTERS ? `${harmless.slice(0, MOST_CHARACTERS)}…` : harmless;
  return cut.replace(UNPRINTABLE, ' ');
}

function withoutSecretFields(text: string): string {
  const fields = text.trimStart().startsWith('{') ? parsed(text) : undefined;
  return fields === undefined ? String(withoutSecrets(text)) : JSON.stringify(withoutSecrets(fields));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Clients may send what is none; it is shown as it is.
    return undefined;
  }
}
