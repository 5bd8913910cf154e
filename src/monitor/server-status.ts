/** What a simulation server answers to `GET /status`, as JSON: for session servers and for people. Imports nothing. */

/** Whether a simulation server takes clients: `drained` by its operator, `stopping` for good. */
export type Intake = 'open' | 'drained' | 'stopping';

/** Whose worlds a simulation server runs, as its configuration has it. */
export interface RepositoryRules {
  /** URL prefixes of projects that run at any load. */
  readonly allowed: readonly string[];
  /** URL prefixes of projects that never run, unless they are allowed. */
  readonly blocked: readonly string[];
  /** Load in percent up to which other projects run too, in containers; 0 for never. */
  readonly shareIdleTime: number;
  /** Whether simulations run in containers, without which only allowed projects run. */
  readonly docker: boolean;
}

export interface ServerStatus {
  /** Version of the program. */
  readonly version: string;
  /** Operating system and processor, such as `linux x64`; empty where it is not told. */
  readonly platform: string;
  /** What runs worlds, in words. */
  readonly engine: string;
  /** Most simulations at the same time. */
  readonly capacity: number;
  /** Simulations that have a place now. */
  readonly running: number;
  /** Clients that wait for a place. */
  readonly queued: number;
  readonly intake: Intake;
  /** Null where it is not told. */
  readonly repositories: RepositoryRules | null;
}

/** Longest answer in bytes: our choice, room for some thousand repositories. */
export const MOST_STATUS_BYTES = 131_072;

/** Longest rules in bytes of JSON: our choice; the rest of an answer has some hundreds. */
const MOST_RULES = 120_000;

/** Most prefixes in a list that is believed: our choice. */
const MOST_PREFIXES = 2_000;

const INTAKES: readonly string[] = ['open', 'drained', 'stopping'] satisfies readonly Intake[];

/** An answer that is no status, as servers give that have none. */
export class UnreadableStatusError extends Error {}

/** Longest text in a status that is believed, in characters: our choice, several times what there is. */
const MOST_TEXT = 200;

/** Longest prefix that is believed, in characters: that of a world's URL. */
const MOST_PREFIX = 2_048;

/** The rules as they are told; null where they are too many to be told. */
export function toldRules(rules: RepositoryRules): RepositoryRules | null {
  const isShort = [rules.allowed, rules.blocked].every(
    (list) => list.length <= MOST_PREFIXES && list.every((prefix) => prefix.length <= MOST_PREFIX),
  );
  return isShort && new TextEncoder().encode(JSON.stringify(rules)).length <= MOST_RULES ? rules : null;
}

/**
 * Reads the answer of a server, which may be any; what it has beside is left out.
 *
 * @throws UnreadableStatusError that names what is wrong
 */
export function readStatus(answer: string): ServerStatus {
  const status = parsed(answer) as Partial<Record<keyof ServerStatus, unknown>> | null;
  const { version, platform = '', engine, capacity, running, queued = 0, intake, repositories } = status ?? {};
  return {
    version: text('version', version),
    platform: text('platform', platform),
    engine: text('engine', engine),
    capacity: count('capacity', capacity),
    running: count('running', running),
    queued: count('queued', queued),
    intake: INTAKES.includes(intake as string) ? (intake as Intake) : wrong('intake', INTAKES.join(', '), intake),
    repositories: rules(repositories ?? null),
  };
}

function rules(value: unknown): RepositoryRules | null {
  if (value === null) return null;
  const { allowed, blocked, shareIdleTime, docker } = value as Partial<Record<keyof RepositoryRules, unknown>>;
  return {
    allowed: prefixes('repositories.allowed', allowed),
    blocked: prefixes('repositories.blocked', blocked),
    shareIdleTime:
      typeof shareIdleTime === 'number' && shareIdleTime >= 0 && shareIdleTime <= 100
        ? shareIdleTime
        : wrong('repositories.shareIdleTime', 'a number from 0 to 100', shareIdleTime),
    docker: typeof docker === 'boolean' ? docker : wrong('repositories.docker', 'true or false', docker),
  };
}

function prefixes(key: string, value: unknown): readonly string[] {
  const isList =
    Array.isArray(value) &&
    value.length <= MOST_PREFIXES &&
    value.every((prefix) => typeof prefix === 'string' && prefix.length <= MOST_PREFIX);
  return isList ? value : wrong(key, 'a list of URLs', value);
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch (error) {
    throw new UnreadableStatusError('Expected the status to be JSON', { cause: error });
  }
}

function text(key: string, value: unknown): string {
  return typeof value === 'string' && value.length <= MOST_TEXT ? value : wrong(key, 'a short text', value);
}

function count(key: string, value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(key, 'a number', value);
}

function wrong(key: string, expected: string, value: unknown): never {
  throw new UnreadableStatusError(
    `Expected ${key} to be ${expected}, got ${JSON.stringify(value)?.slice(0, MOST_TEXT)}`,
  );
}
