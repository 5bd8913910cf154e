import { isIP } from 'node:net';
import { withoutQueries, withoutSecrets } from '../log.ts';

/** Longest text in bytes: our choice, several times a session's whole context. */
export const MOST_TEXT = 2_000;

/** Items of a list, and keys of an object, that are shown: our choice. */
const MOST_ITEMS = 20;

/** Characters of one string that are shown: our choice. */
const MOST_STRING = 300;

/** How deep values are looked into: our choice, one level more than contexts have. */
const DEPTH = 4;

/** Values in all that are looked at: our choice, more than fit into the text. */
const MOST_VALUES = 250;

/** Characters of a string that are looked into: our choice; what is longer is cut between two words. */
const MOST_LOOKED_INTO = 4_000;

/** What may hold the address of a client. */
const DIGITS = /[\da-f:.[\]]{3,}/gi;

/**
 * A value as a short text for people: JSON in ASCII, bounded in depth and length, without secrets, without the
 * addresses of clients, with actors by their ids. Never throws, and asks no value for a JSON form of its own.
 */
export function shownText(value: unknown): string {
  const look = { left: MOST_VALUES };
  const text = JSON.stringify(withoutSecrets(shown(value, DEPTH, look), DEPTH + 1)) ?? 'null';
  const ascii = text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return ascii.length > MOST_TEXT ? `${ascii.slice(0, MOST_TEXT)}...` : ascii;
}

/** How many more values may be looked at. */
interface Look {
  left: number;
}

function shown(value: unknown, depth: number, look: Look): unknown {
  look.left--;
  if (look.left < 0) return '[...]';
  switch (typeof value) {
    case 'string':
      return shownString(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : shownObject(value, depth, look);
    case 'boolean':
    case 'undefined':
      return value;
    default:
      return `[${typeof value}]`;
  }
}

function shownObject(value: object, depth: number, look: Look): unknown {
  if (isActor(value)) return `[actor ${value.sessionId}]`;
  if (value instanceof Error) return { error: shownString(value.name), message: shownString(value.message) };
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[date]' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth === 0) return '[...]';
  if (Array.isArray(value)) return shownList(value, depth, look);
  // By its keys, which tell what is secret.
  if (value instanceof Map) return shownObject(Object.fromEntries([...value].slice(0, MOST_ITEMS + 1)), depth, look);
  if (value instanceof Set) return shownList([...value].slice(0, MOST_ITEMS + 1), depth, look);
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  // Sockets, streams, processes: of no use to a reader, and endless.
  if (prototype !== Object.prototype && prototype !== null) return `[${prototype.constructor?.name ?? 'object'}]`;
  const keys = Object.keys(value);
  const entries = keys
    .slice(0, MOST_ITEMS)
    .map((key) => [key.slice(0, MOST_STRING), property(value, key, depth, look)]);
  return Object.fromEntries(keys.length > MOST_ITEMS ? [...entries, ['...', keys.length - MOST_ITEMS]] : entries);
}

function property(value: object, key: string, depth: number, look: Look): unknown {
  try {
    return shown((value as Record<string, unknown>)[key], depth - 1, look);
  } catch {
    return '[unreadable]';
  }
}

function shownList(items: readonly unknown[], depth: number, look: Look): unknown[] {
  const list = items.slice(0, MOST_ITEMS).map((item) => shown(item, depth - 1, look));
  return items.length > MOST_ITEMS ? [...list, '...'] : list;
}

/** Cut only after what is secret is out: half a secret would not be found. Takes time in proportion to the text. */
function shownString(text: string): string {
  const safe = String(withoutSecrets(withoutQueries(beginningOf(text)))).replace(DIGITS, withoutAddresses);
  return safe.length > MOST_STRING || text.length > MOST_LOOKED_INTO ? `${safe.slice(0, MOST_STRING)}...` : safe;
}

function beginningOf(text: string): string {
  if (text.length <= MOST_LOOKED_INTO) return text;
  const head = text.slice(0, MOST_LOOKED_INTO);
  return head.slice(0, Math.max(head.lastIndexOf(' '), head.lastIndexOf('"'), head.lastIndexOf('\n'), 0));
}

function withoutAddresses(run: string): string {
  const [, before = '', core = '', after = ''] = /^([.:]*?)((?:::)?[^.:].*?|::)([.:]*)$/.exec(run) ?? [];
  if (isAddress(core)) return `${before}[address]${after}`;
  return run.replace(/\d{1,3}(?:\.\d{1,3}){3}/g, (found) => (isAddress(found) ? '[address]' : found));
}

/** Also with a port. */
function isAddress(text: string): boolean {
  const host = text.replace(/(?<=[\]\d]):\d{1,5}$/, '');
  return [text, host].some((candidate) => isIP(candidate.replace(/^\[|\]$/g, '')) !== 0);
}

function isActor(value: object): value is { sessionId: string } {
  return 'sessionId' in value && 'send' in value && typeof value.sessionId === 'string';
}
