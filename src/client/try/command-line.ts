import { parseArgs } from 'node:util';
import { EXAMPLE_WORLD } from '../example-world.ts';
import { sessionUrl } from '../session-server.ts';

export interface TryOptions {
  readonly world: string;
  readonly session: string;
  /** How long the simulation is to run, in seconds of the clock. */
  readonly seconds: number;
}

/** The port of `config/session/local.json`. */
const DEFAULT_SESSION = 'http://localhost:1999';

/** In seconds (our choice): long enough for bodies to fall and roll. */
const DEFAULT_SECONDS = 5;
/** In seconds (our choice): an hour. */
const MOST_SECONDS = 3_600;

/** What `--help` prints. */
export const HELP = `Usage: npm run try -- [WORLD_URL] [--session URL] [--seconds N]

Plays a web client from the session server to the stream: waits until
simulations can be started, starts the world, runs it, pauses, resets and
leaves it, and checks that nothing is left behind. Prints each step with the
time since the start.

  WORLD_URL      a world in a repository. Default: the bundled example,
                 ${EXAMPLE_WORLD}
  --session URL  the session server. Default: ${DEFAULT_SESSION}
  --seconds N    how long to run the world, up to ${MOST_SECONDS}. Default: ${DEFAULT_SECONDS}
  --help         print this text

Exit status: 0 all went well, 1 something broke, 64 wrong options,
130 interrupted.
`;

/** The arguments are wrong; `message` says what was expected and what came. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the arguments after the program's name.
 *
 * @returns undefined where help is asked for
 * @throws UsageError
 */
export function readCommandLine(args: readonly string[]): TryOptions | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [world = EXAMPLE_WORLD, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`Expected at most one WORLD_URL, got also ${others.join(' ')}`);
  if (!URL.canParse(world)) throw new UsageError(`Expected WORLD_URL to be a URL, got ${world}`);
  const { session = DEFAULT_SESSION } = values;
  checkSession(session);
  return { world, session, seconds: readSeconds(values.seconds ?? String(DEFAULT_SECONDS)) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        session: { type: 'string' },
        seconds: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function checkSession(session: string): void {
  try {
    sessionUrl(session);
  } catch {
    throw new UsageError(`Expected --session to be an http or https URL, got ${session}`);
  }
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  throw new UsageError(`Expected --seconds to be a number above 0 and up to ${MOST_SECONDS}, got ${text}`);
}
