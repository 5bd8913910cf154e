import { isIP } from 'node:net';
import * as z from 'zod';
import { LOG_LEVELS } from '../log.ts';

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
  return z
    .strictObject({ cert: file, key: file }, { error: 'an object with the files "cert" and "key"' })
    .exactOptional()
    .describe(
      'Certificate with which the server itself speaks TLS: { "cert": FILE, "key": FILE }, in PEM. Without it, a proxy does where ssl is true.',
    );
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

/** A host name as in public addresses: with a port where a proxy that rewrites ports has another one than https. */
export function publicHost() {
  const error = 'a host name without scheme or path, with a port only where `portRewrite` is true';
  return matching(/^(?:\[[\da-fA-F:.]+\]|[^\s/:?#@[\]]+)(?::\d{1,5})?$/, error).refine(
    (name) => Number(portOf(name) ?? 1) <= LAST_PORT,
    { error },
  );
}

/** The port in a public host name, if there is one. */
export function portOf(server: string): string | undefined {
  return /:(\d+)$/.exec(server)?.[1];
}

/** `host` or `host:port`. */
export function hostEntry() {
  const error = 'a host name, or "host:port", without a scheme or path';
  return matching(/^(?:\[[\da-fA-F:.]+\]|[^\s,/:?#@[\]]+)(?::\d{1,5})?$/, error);
}

/** `host`, `host:port` or, behind a proxy that rewrites ports, `host/port`. */
export function serverEntry() {
  const error = '"host:port", or "host/port" behind a proxy, without a scheme';
  return matching(/^(?:\[[\da-fA-F:.]+\]|[^\s/:?#@[\]]+)(?::\d{1,5})?(?:\/[^\s?#]*[^\s?#/])?$/, error).refine(
    (entry) => Number(/:(\d+)(?:\/|$)/.exec(entry)?.[1] ?? 1) <= LAST_PORT,
    { error },
  );
}

/** `host` or `host:port`, as in the URLs of a git host. */
export function gitHost() {
  return matching(/^[^\s/:?#@[\]]+(?::\d{1,5})?$/, 'a host name, perhaps with a port, without scheme or path');
}

export function httpUrl() {
  return matching(/^https?:\/\/[^\s/]\S*$/, 'a URL that starts with "https://" or "http://"');
}

/** `auto`, `none`, or the name of an X display of this machine. */
export function display() {
  return matching(/^(?:auto|none|:\d{1,5}(?:\.\d)?)$/, '"auto", "none", or a display such as ":1"');
}

/** The address of a server, to which paths are appended. */
export function serverUrl() {
  return matching(
    /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/,
    'a URL that starts with "https://" or "http://", without credentials or query',
  );
}

export function ipAddress() {
  const error = 'an IP address of this machine, such as "127.0.0.1" or "::"';
  return z.string({ error }).refine((address) => isIP(address) !== 0, { error });
}

/** Where a proxy on this machine asks from: only programs of this machine can do so. */
const THIS_MACHINE = ['127.0.0.0/8', '::1'];

/** Proxies whose word on a client's address is taken: addresses, and ranges in the notation of CIDR. */
export function proxies() {
  const error = 'an IP address or a range of them, such as "192.0.2.7" or "192.0.2.0/24"';
  const range = z.string({ error }).refine(isRange, { error });
  return list(range, 'a list of IP addresses and ranges')
    .default(THIS_MACHINE)
    .describe(
      'Proxies whose X-Forwarded-For is believed: IP addresses, and ranges such as "192.0.2.0/24". By default those on this machine.',
    );
}

function isRange(text: string): boolean {
  const [address = '', prefix, ...others] = text.split('/');
  const family = isIP(address);
  if (family === 0 || others.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

export function list<Item extends z.ZodType>(item: Item, expectation: string) {
  return z.array(item, { error: expectation });
}

export function portRewrite() {
  return boolean()
    .default(true)
    .describe('Whether a proxy maps host/PORT/path to host:PORT/path. Selects the form of public URLs.');
}

export function debug() {
  return boolean()
    .default(false)
    .describe('Whether to log details, as --log-level debug does, and to standard output instead of the log file.');
}

export function bindAddress() {
  return ipAddress()
    .exactOptional()
    .describe('IP address to listen on. By default loopback where server is localhost, else all interfaces.');
}

export function logLevel() {
  return choice(LOG_LEVELS)
    .exactOptional()
    .describe('What is logged: this level and those above it. By default debug where debug is true, else info.');
}

export function watchConfig() {
  return boolean()
    .default(true)
    .describe('Whether this file is read again as soon as it has changed; SIGHUP has it read again in any case.');
}

/** Names the JSON Schema of the file for editors; has no effect. */
export function schemaReference() {
  return text().describe('JSON Schema of this file, for editors. Has no effect.');
}

function matching(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error });
}
