import { isIP } from 'node:net';
import { withoutSecrets } from '../log.ts';

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

/** What may be the address of a client, with the port that follows one. */
const ADDRESS =
  /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?:\.\d{1,3}){0,3}\]?)(?![\w.:]|\.\d)/gi;

/** What follows the path of a URL may be a key to it. */
const QUERY = /(?<=\b(?:https?|wss?):\/\/[^\s?#"']*)[?#][^\s"']*/gi;

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
  if (value instanceof Map || value instanceof Set) return shownList([...value].slice(0, MOST_ITEMS + 1), depth, look);
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

function shownString(text: string): string {
  const head = text.length > MOST_STRING ? `${text.slice(0, MOST_STRING)}...` : text;
  return head.replace(QUERY, '?...').replace(ADDRESS, (found) => (isAddress(found) ? '[address]' : found));
}

function isAddress(text: string): boolean {
  return isIP(text.replace(/^\[|\]$/g, '')) !== 0;
}

function isActor(value: object): value is { sessionId: string } {
  return 'sessionId' in value && 'send' in value && typeof value.sessionId === 'string';
}
