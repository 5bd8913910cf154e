import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';

/** What is logged: everything from this level on; `silent` logs nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** The levels that operators may choose, from the one that logs most to the one that logs least. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

const LEVELS: readonly LogLevel[] = [...LOG_LEVELS, 'silent'];

/** A line with fields, `log.info({ port: 2000 }, 'listening')`, or without, `log.info('stopped')`. */
export interface LogMethod {
  (fields: object, message: string): void;
  (message: string): void;
}

export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger whose lines carry these fields too. */
  child(fields: object): Logger;
}

/** A logger whose level, which is also that of all its children, can be changed while they are in use. */
export interface LeveledLogger extends Logger {
  level: LogLevel;
}

/** Where lines go. */
export interface LogOutput {
  /** Whether a person reads it: short lines instead of JSON. */
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** Takes whole lines, and never throws. */
export interface LogFile {
  write(text: string): void;
}

export interface LoggerOptions {
  /** By default `debug` where `debug` is true, else `info`. */
  readonly level?: LogLevel | undefined;
  /** The role that every line names. */
  readonly role?: string | undefined;
  /** The configuration's `debug`. */
  readonly debug?: boolean | undefined;
  /** By default standard output. */
  readonly output?: LogOutput | undefined;
  /** Where lines of JSON go instead of the output; a terminal has its short lines all the same. */
  readonly file?: LogFile | undefined;
}

/** Keys whose values are never written. */
const SECRET_KEY = /(?:password|secret|token)$/i;

/** User and password in a URL, and what lets one in to a simulation. */
const CREDENTIALS = /(?<=:\/\/)[^\s/@]+@/g;
const STREAM_SECRET = /(?<=\/stream\/)[\da-f]{32}/g;

/** What may be a URL. */
const WORD = /[^\s"]+/g;

/** What is written instead of a secret. */
export const REDACTED = '[redacted]';

/** How deep fields are searched for secrets; what lies deeper is left out. */
const FIELD_DEPTH = 6;

/** Longest text of a terminal line's field, in characters; our choice. */
const TERMINAL_FIELD_LENGTH = 200;

/**
 * A logger that writes each line before it returns, so that none is lost when
 * the process ends: JSON with the keys `level`, `time` (ISO 8601), `role` and
 * `message` beside the fields, or a short line on a terminal.
 *
 * Values of keys that end in `password`, `secret` or `token`, and credentials
 * in URLs, are replaced.
 */
export function createLogger({ level, role, debug = false, output, file }: LoggerOptions = {}): LeveledLogger {
  const log = pino(
    {
      // Which lines are written is decided here: a child of pino keeps the level that it was made with.
      level: 'debug',
      base: role === undefined ? null : { role },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: cleanFields,
      },
    },
    destinationFor(output, file),
  );
  const threshold = { level: level ?? (debug ? ('debug' as const) : ('info' as const)) };
  return Object.defineProperty(loggerOver(log, threshold), 'level', {
    enumerable: true,
    get: () => threshold.level,
    set: (next: LogLevel) => {
      threshold.level = next;
    },
  }) as LeveledLogger;
}

function loggerOver(log: PinoLogger, threshold: { readonly level: LogLevel }): Logger {
  const method = (level: Exclude<LogLevel, 'silent'>) => {
    const write = log[level].bind(log) as (...line: unknown[]) => void;
    return ((...line: unknown[]) => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(threshold.level)) write(...line);
    }) as LogMethod;
  };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (fields) => loggerOver(log.child(cleanFields(fields)), threshold),
  };
}

function destinationFor(output: LogOutput | undefined, file: LogFile | undefined): DestinationStream {
  const isTerminal = output?.isTerminal ?? process.stdout.isTTY;
  if (!isTerminal) return file ?? output ?? destination({ dest: 1, sync: true });
  const show = (text: string) => (output ? output.write(text) : process.stdout.write(text));
  return {
    write(line) {
      file?.write(line);
      show(terminalLine(line));
    },
  };
}

function cleanFields(fields: object): Record<string, unknown> {
  return withoutSecrets(fields) as Record<string, unknown>;
}

/**
 * A copy without values of keys that end in `password`, `secret` or `token`,
 * without credentials in URLs, and without what lies too deep.
 */
export function withoutSecrets(value: unknown, depth = FIELD_DEPTH): unknown {
  if (typeof value === 'string') return value.replace(CREDENTIALS, `${REDACTED}@`).replace(STREAM_SECRET, REDACTED);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return withoutSecrets(errorFields(value), depth);
  if (value instanceof Date) return value;
  if (depth === 0) return '[…]';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      SECRET_KEY.test(key) && field !== undefined ? REDACTED : withoutSecrets(field, depth - 1),
    ]),
  );
}

/** Without what follows the paths of URLs, which may be keys to them. Takes time in proportion to the text. */
export function withoutQueries(text: string): string {
  return text.replace(WORD, (word) => {
    const host = word.indexOf('://');
    const query = host < 0 ? -1 : word.slice(host).search(/[?#]/);
    return query < 0 ? word : `${word.slice(0, host + query)}?${REDACTED}`;
  });
}

function errorFields({ name, message, stack, cause, ...rest }: Error): object {
  const { code } = rest as { code?: unknown };
  return { name, ...(code !== undefined && { code }), message, stack, ...(cause !== undefined && { cause }) };
}

/** `12:30:05  info   session  listening  port=1999`, and the stack of an error in lines of its own. */
function terminalLine(line: string): string {
  const { time, level, role, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  const words = Object.entries(fields).map(([key, value]) => `${key}=${terminalValue(value)}`);
  const parts = [clock, String(level).padEnd(5), role, message, ...words].filter((part) => part !== undefined);
  const stacks = Object.values(fields).flatMap(stackLines);
  return `${[parts.join('  '), ...stacks].map(withoutControls).join('\n')}\n`;
}

function terminalValue(value: unknown): string {
  if (stackLines(value).length > 0) return JSON.stringify((value as Error).message);
  const text = typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > TERMINAL_FIELD_LENGTH ? `${text.slice(0, TERMINAL_FIELD_LENGTH)}…` : text;
}

function stackLines(value: unknown): string[] {
  const stack = typeof value === 'object' && value !== null && 'stack' in value ? value.stack : undefined;
  return typeof stack === 'string' ? stack.split('\n') : [];
}

/** Texts of clients must neither move the cursor nor look like lines of their own. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
}
