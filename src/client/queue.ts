import { LONGEST_ANSWER } from './bounds.ts';
import { type Fetch, readText, sessionUrl } from './session-server.ts';

/** A client's place in the line of those who wait for a simulation server, or at one for a place. */
export interface QueuePlace {
  /** 1 for who is next; grows when clients of other addresses come, because addresses take turns. */
  readonly place: number;
  /** How many wait, where the server tells it. */
  readonly length?: number;
  /** Seconds, where the server can tell. */
  readonly expectedWait?: number;
}

/** Bytes of a ticket, which nobody is to guess: 128 bits. */
const TICKET_BYTES = 16;

/** Milliseconds before the first look: our choice; a server without a line, or with room, has answered by then. */
const FIRST_LOOK = 1_000;

/** Milliseconds between two looks: our choice. */
const LOOK_INTERVAL = 2_000;

/** A name for one place in a line. */
export function newTicket(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Asks the session server for the place of `ticket` again and again, until `signal` aborts. Never rejects. */
export async function followPlace(
  fetch: Fetch,
  session: string,
  ticket: string,
  onPlace: (place: QueuePlace) => void,
  signal: AbortSignal,
): Promise<void> {
  const { href } = sessionUrl(session, `queue/${ticket}`);
  await pause(FIRST_LOOK, signal);
  while (!signal.aborted) {
    const place = await look(fetch, href, signal);
    if (place !== undefined && !signal.aborted) onPlace(place);
    await pause(LOOK_INTERVAL, signal);
  }
}

async function look(fetch: Fetch, href: string, signal: AbortSignal): Promise<QueuePlace | undefined> {
  try {
    const response = await fetch(href, { signal });
    const text = await readText(response);
    return response.ok && text.length < LONGEST_ANSWER ? readPlace(text) : undefined;
  } catch {
    // Whether the server can be reached is told by the question that it holds.
    return undefined;
  }
}

/** Reads an answer of `/queue/<ticket>`, which may be any; `undefined` where it tells no place. */
export function readPlace(answer: string): QueuePlace | undefined {
  let told: Readonly<Record<string, unknown>> | null;
  try {
    told = JSON.parse(answer);
  } catch {
    // Servers without a line have other answers to a path that they do not know.
    return undefined;
  }
  const { place, length, expectedWait } = told ?? {};
  if (!isCount(place) || place === 0) return undefined;
  return {
    place,
    ...(isCount(length) && length >= place && { length }),
    ...(isCount(expectedWait) && { expectedWait }),
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener('abort', finish);
  });
}

/** Seconds below which a wait is given in no figure. */
const SOON = 60;
const MINUTE = 60;
/** Minutes from which a wait is given in hours. */
const LONG = 90;

/** For people, e.g. `You are 3rd of 5 in line, about 2 minutes.` */
export function placeInWords({ place, length, expectedWait }: QueuePlace): string {
  const who = place === 1 ? 'next' : ordinal(place);
  const of = length === undefined || place === 1 ? '' : ` of ${length}`;
  const wait = expectedWait === undefined ? '' : `, ${waitInWords(expectedWait)}`;
  return `You are ${who}${of} in line${wait}.`;
}

function ordinal(number: number): string {
  const isTeen = Math.floor(number / 10) % 10 === 1;
  return `${number}${(!isTeen && ['th', 'st', 'nd', 'rd'][number % 10]) || 'th'}`;
}

function waitInWords(seconds: number): string {
  if (seconds < SOON) return 'less than a minute';
  const minutes = Math.round(seconds / MINUTE);
  if (minutes >= LONG) return `about ${Math.round(minutes / MINUTE)} hours`;
  return minutes === 1 ? 'about a minute' : `about ${minutes} minutes`;
}
