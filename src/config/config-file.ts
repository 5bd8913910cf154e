import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';

/** A role that has a configuration file. */
export type ConfiguredRole = 'session' | 'simulation';

/**
 * Absolute path of the file that `--config` asks for, which need not exist: a
 * bare NAME stands for `config/<role>/NAME.json` in this package, whatever the
 * current folder holds; what has a slash or ends in `.json` is a file, relative
 * to the current folder.
 */
export function configFile(role: ConfiguredRole, config = 'local'): string {
  return isConfigPath(config) ? resolve(config) : join(configFolder(role), `${config}.json`);
}

/** Whether a value of `--config` is a file, and not a NAME. */
export function isConfigPath(config: string): boolean {
  return config.includes('/') || config.endsWith('.json');
}

/** The names that `--config` takes for a role, in alphabetical order. */
export function configNames(role: ConfiguredRole): string[] {
  return readdirSync(configFolder(role))
    .filter((file) => file.endsWith('.json') && file !== 'schema.json')
    .map((file) => basename(file, '.json'))
    .sort();
}

function configFolder(role: ConfiguredRole): string {
  return join(PACKAGE_ROOT, 'config', role);
}
