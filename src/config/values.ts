import { isIP } from 'node:net';
import * as z from 'zod';

/**
 * Kinds of values that configuration files hold. The `error` of every check is
 * the expectation alone ("an integer from 1 to 65535"), so that whatever check
 * fails, `problems.ts` can say "Expected `key` to be <expectation>, got <value>".
 */

/** The largest TCP port. */
export const LAST_PORT = 65_535;

const SECRET = 'a text of at least 16 letters, digits and signs, without spaces';

/** Longest time that one of Node's timers can wait, 2^31 − 1 ms, in whole seconds. */
export const LONGEST_WAIT = 2_147_483;

/** Most clients in a line of those who wait: our choice; each may ask for its place once a second. */
export const LONGEST_QUEUE = 1_000;

export function integer(minimum: number, maximum: number, error = `an integer from ${minimum} to ${maximum}`) {
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}

export function number(minimum: number, maximum: number) {
  const error = `a number from ${minimum} to ${maximum}`;
  return z.number({ error }).min(minimum, { error }).max(maximum, { error });
}

export function boolean() {
  return z.boolean({ error: 'true or false' });
}

export function text() {
  return z.string({ error: 'a text' });
}

export function filledText(expectation: string) {
  return z.string({ error: expectation }).min(1, { error: expectation });
}

/** Shortest secret in characters: our choice, beyond what can be guessed over a network. */
const SHORTEST_SECRET = 16;

export function secret() {
  return matching(/^[!-~]+$/, SECRET).min(SHORTEST_SECRET, { error: SECRET });
}

/** Files of a certificate and its key; names relative to the configuration file's folder. */
export function tls() {
  const file = filledText('a file in PEM');
  return z.strictObject({ cert: file, key: file }, { error: 'an object with the files "cert" and "key"' });
}

export function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, { error: `one of ${names.map((name) => JSON.stringify(name)).join(', ')}` });
}

export function port() {
  return integer(1, LAST_PORT);
}

/** A host name or an address (IPv6 in brackets, as in a URL), without scheme, port or path. */
export function host() {
  return matching(/^(?:\[[\da-fA-F:.]+\]|[^\s/:?#@[\]]+)$/, 'a host name without scheme, port or path');
}

/** `host`, `host:port` or, behind a proxy that rewrites ports, `host/port`. */
export function serverEntry() {
  const error = '"host:port", or "host/port" behind a proxy, without a scheme';
  return matching(/^(?:\[[\da-fA-F:.]+\]|[^\s/:?#@[\]]+)(?::\d{1,5})?(?:\/[^\s?#]*[^\s?#/])?$/, error).refine(
    (entry) => Number(/:(\d+)(?:\/|$)/.exec(entry)?.[1] ?? 1) <= LAST_PORT,
    { error },
  );
}

export function httpUrl() {
  return matching(/^https?:\/\/[^\s/]\S*$/, 'a URL that starts with "https://" or "http://"');
}

export function ipAddress() {
  const error = 'an IP address of this machine, such as "127.0.0.1" or "::"';
  return z.string({ error }).refine((address) => isIP(address) !== 0, { error });
}

export function list<Item extends z.ZodType>(item: Item, expectation: string) {
  return z.array(item, { error: expectation });
}

/** Names the JSON Schema of the file for editors; has no effect. */
export function schemaReference() {
  return text().describe('JSON Schema of this file, for editors. Has no effect.');
}

function matching(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error });
}
