import { parseArgs } from 'node:util';
import { AppError } from '../errors.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import { nearestName } from './nearest-name.ts';

export interface RunCommand {
  readonly kind: 'run';
  readonly role: 'session' | 'simulation' | 'all';
  /** A file, or the NAME of `config/<role>/NAME.json` in this package; with role `all` always a name. */
  readonly config?: string;
  /** TCP port, 1–65535, instead of the configuration's; never with role `all`. */
  readonly port?: number;
  readonly logLevel?: LogLevel;
  /** Takes over the ports of a server that runs with the same ones. */
  readonly takeover?: true;
  /** Records from the start, and streams to Stately's tools at this TCP port, or at the usual one. */
  readonly inspect?: number | 'usual';
}

export type CommandLine = RunCommand | { readonly kind: 'help' } | { readonly kind: 'version' };

const ROLES = ['session', 'simulation', 'all'] as const;

const OPTIONS = {
  role: { type: 'string' },
  config: { type: 'string' },
  port: { type: 'string' },
  'log-level': { type: 'string' },
  takeover: { type: 'boolean' },
  inspect: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

type OptionName = keyof typeof OPTIONS;

/** What `--help` prints. */
export const helpText = `Usage: webots-hub [--role ROLE] [--config FILE] [--port N] [--log-level LEVEL]
                  [--takeover] [--inspect [PORT]]

Runs Webots simulations on the web.

  --role ROLE        session (chooses simulation servers for clients),
                     simulation (runs simulations), or all: both in one
                     process, for trying. Default: all
  --config FILE      configuration file, such as ./lab.json, or the NAME of
                     config/ROLE/NAME.json in this package; with role all,
                     the NAME of config/*/NAME.json. Default: local
  --port N           TCP port instead of the one in the configuration;
                     not with role all
  --log-level LEVEL  debug, info, warn or error. Default: info
  --takeover         take the port from a server that runs there; it goes on
                     with its sessions until they end
  --inspect [PORT]   record what all actors do, for the page /inspect, and for
                     Stately's tools at PORT of this machine. Default: 8080
  -h, --help         print this text
  --version          print the version

docs/configuration.md lists the keys of the configuration files.
`;

/**
 * Reads the program's arguments, `--option value` or `--option=value`.
 *
 * @param argv the arguments after the program's name
 * @throws AppError `commandLineInvalid`
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const values = optionValues(argv);
  if (values.has('help')) return { kind: 'help' };
  if (values.has('version')) return { kind: 'version' };

  const role = oneOf('role', values.get('role') ?? 'all', ROLES);
  const config = values.get('config');
  const port = values.get('port');
  const logLevel = values.get('log-level');
  const inspect = values.get('inspect');
  return {
    kind: 'run',
    role,
    ...(config !== undefined && { config: configOf(role, config) }),
    ...(port !== undefined && { port: portOf(role, port) }),
    ...(logLevel !== undefined && { logLevel: oneOf('log-level', logLevel, LOG_LEVELS) }),
    ...(values.has('takeover') && { takeover: true as const }),
    ...(inspect !== undefined && { inspect: inspect === '' ? ('usual' as const) : portNumber('inspect', inspect) }),
  };
}

function optionValues(argv: readonly string[]): Map<OptionName, string> {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<OptionName, string>();
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'option-terminator') continue;
    const before = tokens[index - 1];
    if (
      token.kind === 'positional' &&
      before?.kind === 'option' &&
      before.name === 'inspect' &&
      !values.get('inspect')
    ) {
      values.set('inspect', token.value);
      continue;
    }
    if (token.kind === 'positional') {
      throw refusal(`Expected options only, got ${show(token.value)}. A configuration is named by --config`);
    }
    const name = knownName(token.name, token.rawName);
    if (values.has(name)) throw refusal(`Expected --${name} once, got it twice`);
    const takesValue = OPTIONS[name].type === 'string';
    const isMissing = !token.value || (!token.inlineValue && token.value.startsWith('-'));
    if (takesValue && isMissing) throw refusal(`Expected a value after --${name}, got ${show(token.value)}`);
    if (!takesValue && token.value !== undefined && name !== 'inspect')
      throw refusal(`Expected no value for --${name}, got ${show(token.value)}`);
    values.set(name, token.value ?? '');
  }
  return values;
}

function knownName(name: string, rawName: string): OptionName {
  if (Object.hasOwn(OPTIONS, name)) return name as OptionName;
  const names = Object.keys(OPTIONS);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `The options are --${names.join(', --')}` : `Did you mean --${nearest}?`;
  throw refusal(`Unknown option ${rawName}. ${hint}`);
}

function configOf(role: RunCommand['role'], config: string): string {
  if (role === 'all' && (!/^\w[\w.-]*$/.test(config) || config.endsWith('.json'))) {
    throw refusal(
      `Expected --config with role all to be the NAME of config/session/NAME.json and config/simulation/NAME.json, got ${show(config)}`,
    );
  }
  return config;
}

function portOf(role: RunCommand['role'], port: string): number {
  if (role === 'all') throw refusal('Expected no --port with role all, because each role needs one of its own');
  return portNumber('port', port);
}

function portNumber(option: OptionName, port: string): number {
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw refusal(`Expected --${option} to be an integer from 1 to 65535, got ${show(port)}`);
  }
  return Number(port);
}

function oneOf<Name extends string>(option: OptionName, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  const nearest = nearestName(value, names);
  const hint = nearest === undefined ? '' : `. Did you mean ${nearest}?`;
  throw refusal(`Expected --${option} to be one of ${names.join(', ')}, got ${show(value)}${hint}`);
}

function show(value: string | boolean | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function refusal(message: string): AppError {
  return new AppError('commandLineInvalid', message);
}
