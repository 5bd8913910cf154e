import { AppError } from '../errors.ts';
import type { RunMode } from './simulation/runner.ts';

/** What the command line asks for. */
export type CommandLine =
  | { readonly task: 'help' }
  | { readonly task: 'version' }
  | { readonly task: 'run'; readonly options: EngineOptions; readonly warnings: readonly string[] };

export interface EngineOptions {
  /** Path of the world, as it was given. */
  readonly world: string;
  /** The first TCP port to try. */
  readonly port: number;
  /** Address to listen on; all where it is `undefined`. */
  readonly host: string | undefined;
  /** Time between two heartbeats in ms; none where it is `undefined`. */
  readonly heartbeat: number | undefined;
  /** How the simulation runs at first. */
  readonly mode: RunMode;
  /** Hosts that PROTO files may be fetched from, each with a port where it is not 443. */
  readonly protoHosts: readonly string[];
  /** Folder in which what was fetched is kept; nothing is kept where it is `undefined`. */
  readonly protoCache: string | undefined;
}

export const HELP = `Usage: webots [options] worldfile

The embedded engine of webots-hub: a small stand-in for Webots.

Options:
  --port=<port>        TCP port for web clients (default 1234); if it is taken, one of the next ten
  --host=<address>     address to listen on (default: all)
  --stream[=w3d|x3d]   stream to web clients, which this engine always does
  --mode=<mode>        pause, realtime or fast at first
  --heartbeat[=<ms>]   print a dot every second, or every so many milliseconds
  --proto-hosts=<hosts>
                       fetch PROTO files by https from these hosts, with commas between (default: none)
  --proto-cache=<folder>
                       keep what was fetched in this folder (default: keep nothing)
  --batch, --minimize, --fullscreen, --no-rendering, --stdout, --stderr, --extern-urls
                       taken and of no effect: there is no window, and no controller is run
  --version            print the version
  --help               print this text
`;

/** Default of Webots. */
const DEFAULT_PORT = 1234;

/** Default of Webots, in ms. */
const DEFAULT_HEARTBEAT = 1000;

/** Longest wait of a timer (Node: 2^31 − 1 ms). */
const LONGEST_HEARTBEAT = 2 ** 31 - 1;

const LAST_PORT = 65_535;

/** Options of Webots that ask for nothing that this engine has. */
const WITHOUT_EFFECT = new Set([
  '--minimize',
  '--fullscreen',
  '--no-rendering',
  '--stdout',
  '--stderr',
  '--extern-urls',
]);

const MODES: ReadonlyMap<string, RunMode> = new Map([
  ['pause', 'pause'],
  ['realtime', 'real-time'],
  ['fast', 'fast'],
]);

/** Modes of older releases, which Webots still takes with a warning. */
const DEPRECATED_MODES: ReadonlyMap<string, string> = new Map([
  ['stop', 'pause'],
  ['run', 'fast'],
]);

/**
 * Reads the arguments that follow the program, in the syntax of Webots.
 *
 * @throws AppError `commandLineInvalid`
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  if (argv.includes('--help')) return { task: 'help' };
  if (argv.includes('--version')) return { task: 'version' };
  const worlds: string[] = [];
  const warnings: string[] = [];
  let options: Omit<EngineOptions, 'world'> = {
    port: DEFAULT_PORT,
    host: undefined,
    heartbeat: undefined,
    mode: 'pause',
    protoHosts: [],
    protoCache: undefined,
  };
  for (const argument of argv) {
    if (WITHOUT_EFFECT.has(argument) || argument === '--batch' || argument.startsWith('--log-performance=')) continue;
    if (!argument.startsWith('-')) worlds.push(argument);
    else options = { ...options, ...readOption(argument, warnings) };
  }
  const [world, second] = worlds;
  if (world === undefined) throw invalid('a world file is expected.');
  if (second !== undefined) throw invalid('too many arguments.');
  if (argv.some((argument) => argument.startsWith('--stream')) && !argv.includes('--batch')) {
    warnings.push('Warning: you should also use --batch (in addition to --stream) for production.');
  }
  return { task: 'run', options: { ...options, world }, warnings };
}

function readOption(argument: string, warnings: string[]): Partial<EngineOptions> {
  const [, name = argument, value] = /^(--[a-z0-9-]+)(?:=(.*))?$/s.exec(argument) ?? [];
  switch (name) {
    case '--port':
      return { port: readInteger(argument, value, 1, LAST_PORT) };
    case '--host':
      if (value === undefined || value === '') throw invalid(`invalid option: '${argument}': an address is expected.`);
      return { host: value };
    case '--heartbeat':
      return {
        heartbeat: value === undefined ? DEFAULT_HEARTBEAT : readInteger(argument, value, 1, LONGEST_HEARTBEAT),
      };
    case '--mode':
      return { mode: readMode(argument, value, warnings) };
    case '--proto-hosts':
      return { protoHosts: (value ?? '').split(',').filter((host) => host !== '') };
    case '--proto-cache':
      if (value === undefined || value === '') throw invalid(`invalid option: '${argument}': a folder is expected.`);
      return { protoCache: value };
    case '--stream':
      checkStream(argument, value);
      return {};
    default:
      throw invalid(`invalid option: '${argument}'`);
  }
}

function readInteger(argument: string, value: string | undefined, least: number, most: number): number {
  const number = value !== undefined && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw invalid(`invalid option: '${argument}': an integer from ${least} to ${most} is expected.`);
}

function readMode(argument: string, value: string | undefined, warnings: string[]): RunMode {
  const replacement = DEPRECATED_MODES.get(value ?? '');
  if (replacement !== undefined) {
    warnings.push(`Warning: '${argument}' is deprecated, please use '--mode=${replacement}' instead.`);
  }
  const mode = MODES.get(replacement ?? value ?? '');
  if (mode === undefined) throw invalid(`invalid option: '${argument}': pause, realtime or fast is expected.`);
  return mode;
}

function checkStream(argument: string, value: string | undefined): void {
  if (value === 'mjpeg') {
    throw invalid(`invalid option: '${argument}': the embedded engine draws no pictures, so it has no video stream.`);
  }
  if (value !== undefined && value !== 'w3d' && value !== 'x3d') {
    throw invalid(`invalid option: '${argument}': w3d is expected.`);
  }
}

function invalid(text: string): AppError {
  return new AppError('commandLineInvalid', text);
}
