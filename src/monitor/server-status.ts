/** What a simulation server answers to `GET /status`, as JSON: for session servers and for people. Imports nothing. */

/** Whether a simulation server takes clients: `drained` by its operator, `stopping` for good. */
export type Intake = 'open' | 'drained' | 'stopping';

export interface ServerStatus {
  /** Version of the program. */
  readonly version: string;
  /** What runs worlds, in words. */
  readonly engine: string;
  /** Most simulations at the same time. */
  readonly capacity: number;
  /** Simulations that have a place now. */
  readonly running: number;
  /** Clients that wait for a place. */
  readonly queued: number;
  readonly intake: Intake;
}

const INTAKES: readonly string[] = ['open', 'drained', 'stopping'] satisfies readonly Intake[];

/** An answer that is no status, as servers give that have none. */
export class UnreadableStatusError extends Error {}

/** Longest text in a status that is believed, in characters: our choice, several times what there is. */
const MOST_TEXT = 200;

/**
 * Reads the answer of a server, which may be any; what it has beside is left out.
 *
 * @throws UnreadableStatusError that names what is wrong
 */
export function readStatus(answer: string): ServerStatus {
  const status = parsed(answer) as Partial<Record<keyof ServerStatus, unknown>> | null;
  const { version, engine, capacity, running, queued = 0, intake } = status ?? {};
  return {
    version: text('version', version),
    engine: text('engine', engine),
    capacity: count('capacity', capacity),
    running: count('running', running),
    // Servers before this figure have no line.
    queued: count('queued', queued),
    intake: INTAKES.includes(intake as string) ? (intake as Intake) : wrong('intake', INTAKES.join(', '), intake),
  };
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
