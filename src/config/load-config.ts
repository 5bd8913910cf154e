import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type * as z from 'zod';
import { AppError } from '../errors.ts';
import { completeSimulationConfig } from './complete-simulation-config.ts';
import type { ConfiguredRole } from './config-file.ts';
import { nearestName } from './nearest-name.ts';
import { describeProblems } from './problems.ts';
import { readConfigFile } from './read-config-file.ts';
import { completeSessionConfig, type SessionConfig, sessionConfigSchema } from './session-config.ts';
import { type SimulationConfig, simulationConfigSchema } from './simulation-config.ts';
import { LAST_PORT, portOf } from './values.ts';

export { configFile, isConfigPath } from './config-file.ts';

export interface CheckedConfig<Config> {
  readonly config: Config;
  /** One sentence for each thing that the operator should know. */
  readonly warnings: readonly string[];
}

export interface LoadedConfig<Config> extends CheckedConfig<Config> {
  /** Absolute path of the file. */
  readonly file: string;
  /** Absolute path of the file's folder. */
  readonly folder: string;
}

export interface ConfigOverrides {
  /** TCP port, 1–65535, instead of the file's. */
  readonly port?: number | undefined;
}

/** Where a configuration's values come from. */
export interface ConfigSource {
  /** What messages call it. By default "The configuration". */
  readonly name?: string;
  /** Absolute path of the folder to which mirrors are relative. By default the current one. */
  readonly folder?: string;
  /** By default this process's. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Reads and checks a session server's configuration file.
 *
 * @param file its path, relative to the current folder
 * @throws AppError `configurationInvalid`, whose message names every problem in a line of its own
 */
export async function loadSessionConfig(
  file: string,
  overrides: ConfigOverrides = {},
): Promise<LoadedConfig<SessionConfig>> {
  return load('session', file, overrides, sessionConfigFrom);
}

/**
 * Reads and checks a simulation server's configuration file.
 *
 * @param file its path, relative to the current folder
 * @throws AppError `configurationInvalid`, whose message names every problem in a line of its own
 */
export async function loadSimulationConfig(
  file: string,
  overrides: ConfigOverrides = {},
): Promise<LoadedConfig<SimulationConfig>> {
  return load('simulation', file, overrides, simulationConfigFrom);
}

/**
 * A session server's configuration from the values of a file.
 *
 * @throws AppError `configurationInvalid`
 */
export function sessionConfigFrom(values: object, source: ConfigSource = {}): CheckedConfig<SessionConfig> {
  const { name = 'The configuration', folder = process.cwd(), environment = process.env } = source;
  const { known, warnings } = knownValues('session', values);
  const completed = completeSessionConfig(check(sessionConfigSchema, withSecret(known, environment), name), folder);
  refuseIfAny(name, [
    ...serverProblems(completed.config),
    ...hostProblems(completed.config),
    ...tlsProblems(completed.config),
  ]);
  return { config: completed.config, warnings: [...warnings, ...completed.warnings] };
}

/**
 * A simulation server's configuration from the values of a file.
 *
 * @throws AppError `configurationInvalid`
 */
export function simulationConfigFrom(values: object, source: ConfigSource = {}): CheckedConfig<SimulationConfig> {
  const { name = 'The configuration', folder = process.cwd(), environment = process.env } = source;
  const { known, warnings } = knownValues('simulation', values);
  const checked = check(simulationConfigSchema, withSecret(known, environment), name);
  const completed = completeSimulationConfig(checked, folder, environment);
  refuseIfAny(name, [
    ...hostProblems(completed.config),
    ...portProblems(completed.config),
    ...clusterProblems(completed.config),
    ...mirrorProblems(completed.config),
    ...gitHostProblems(completed.config),
    ...tlsProblems(completed.config),
  ]);
  return { config: completed.config, warnings: [...warnings, ...completed.warnings] };
}

async function load<Config>(
  role: ConfiguredRole,
  file: string,
  overrides: ConfigOverrides,
  configFrom: (values: object, source: ConfigSource) => CheckedConfig<Config>,
): Promise<LoadedConfig<Config>> {
  const path = resolve(file);
  const name = shortPath(path);
  const { value, duplicateKeys } = await readConfigFile(role, path, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseIfAny(name, ['Expected a JSON object, as in { "port": 2000 }']);
  }
  const values = { ...(value as object), ...(overrides.port !== undefined && { port: overrides.port }) };
  const folder = dirname(path);
  const { config, warnings } = configFrom(values, { name, folder });
  const repeated = duplicateKeys.map(
    ({ key, line, column }) => `\`${key}\` is given again in line ${line}, column ${column}; the last value counts`,
  );
  return { config, warnings: [...repeated, ...warnings], file: path, folder };
}

/** The values whose keys the role knows, and a warning for each other key. */
function knownValues(role: ConfiguredRole, values: object) {
  const schemas = { session: sessionConfigSchema.shape, simulation: simulationConfigSchema.shape };
  const keys = Object.keys(schemas[role]);
  const otherRole = role === 'session' ? 'simulation' : 'session';
  const known: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const nearest = nearestName(key, keys);
    if (keys.includes(key)) known[key] = value;
    else if (Object.hasOwn(schemas[otherRole], key))
      warnings.push(`\`${key}\` is a key of the ${otherRole} server and has no effect`);
    else
      warnings.push(
        `Unknown key \`${key}\` has no effect${nearest === undefined ? '' : `. Did you mean \`${nearest}\`?`}`,
      );
  }
  if (!('server' in known))
    warnings.push('`server` is missing; "localhost" is used, which only this machine can reach');
  return { known, warnings };
}

function check<Schema extends z.ZodType>(schema: Schema, values: object, name: string): z.output<Schema> {
  const result = schema.safeParse(values);
  if (!result.success) refuseIfAny(name, describeProblems(result.error.issues, values));
  return result.data as z.output<Schema>;
}

function portProblems({ port, maxConnections }: SimulationConfig): string[] {
  if (port + maxConnections <= LAST_PORT) return [];
  return [`Expected \`port\` + \`maxConnections\` to be at most ${LAST_PORT}, got ${port} + ${maxConnections}`];
}

/** Public addresses have one port. */
function hostProblems({ server, portRewrite }: { readonly server: string; readonly portRewrite: boolean }): string[] {
  if (portRewrite || portOf(server) === undefined) return [];
  return [`Expected \`server\` to be a host name without a port where \`portRewrite\` is false, got "${server}"`];
}

/** A secret need not stand in a file that others may read, or that is kept somewhere. */
function withSecret(values: Record<string, unknown>, { WEBOTS_HUB_CLUSTER_SECRET: clusterSecret }: NodeJS.ProcessEnv) {
  return clusterSecret ? { clusterSecret, ...values } : values;
}

function serverProblems({ simulationServers, clusterSecret }: SessionConfig): string[] {
  if (simulationServers.length > 0 || clusterSecret !== undefined) return [];
  return [
    'Expected `simulationServers` to be a list of at least one simulation server, or `clusterSecret` by which they join, got neither',
  ];
}

function clusterProblems({ sessionServers, clusterSecret }: SimulationConfig): string[] {
  if (sessionServers.length === 0 || clusterSecret !== undefined) return [];
  return ['Expected `clusterSecret` where `sessionServers` is given, got nothing'];
}

/** Clients are told addresses with wss and https where `ssl` is true, and only there. */
function tlsProblems({ tls, ssl }: { readonly tls?: object; readonly ssl: boolean }): string[] {
  return tls && !ssl ? ['Expected `ssl` to be true where `tls` is given, got false'] : [];
}

function mirrorProblems({ mirrors }: SimulationConfig): string[] {
  return Object.entries(mirrors)
    .filter(([, place]) => isAbsolute(place) && !(existsSync(place) && statSync(place).isDirectory()))
    .map(
      ([prefix, place]) =>
        `Expected \`mirrors["${prefix}"]\` to be a URL or an existing folder, got ${shortPath(place)}`,
    );
}

/** Its grammar is known, and public clients count on it. */
function gitHostProblems({ hosts }: SimulationConfig): string[] {
  const kind = hosts['github.com'] ?? 'github';
  return kind === 'github' ? [] : [`Expected \`hosts["github.com"]\` to be "github", got ${JSON.stringify(kind)}`];
}

function refuseIfAny(name: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new AppError('configurationInvalid', [`${name} cannot be used:`, ...problems].join('\n  '));
}

/** Relative to the current folder where that is shorter. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith(`..${sep}`) ? path : fromHere;
}
