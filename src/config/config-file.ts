import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { RunCommand } from './command-line.ts';
import { packageRoot } from './paths.ts';

/** A role that has a configuration file. */
export type ConfiguredRole = 'session' | 'simulation';

/** Absolute path of `config/<role>/<name>.json` in this package, which need not exist. */
export function defaultConfigFile(role: ConfiguredRole, name = 'local'): string {
  return join(packageRoot(), 'config', role, `${name}.json`);
}

/**
 * Absolute path of the file that `--config` asks for: relative to the current
 * folder, or `config/<role>/<name>.json` in this package where the role is `all`
 * or where a bare name is no file here.
 */
export function configFileFor(command: Pick<RunCommand, 'role' | 'config'>, role: ConfiguredRole): string {
  const { config } = command;
  if (config === undefined) return defaultConfigFile(role);
  const isBareName = !config.includes('/') && !config.endsWith('.json');
  if (command.role === 'all' || (isBareName && !existsSync(config))) return defaultConfigFile(role, config);
  return resolve(config);
}

/** The names that `--config` takes for a role, in alphabetical order. */
export function configNames(role: ConfiguredRole): string[] {
  return readdirSync(join(packageRoot(), 'config', role))
    .filter((file) => file.endsWith('.json') && file !== 'schema.json')
    .map((file) => basename(file, '.json'))
    .sort();
}
