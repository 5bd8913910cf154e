import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the folder that holds this package's `package.json`, the same from `src` and from `dist/src`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('The package holds no package.json.');
    folder = parent;
  }
  return folder;
}

/** This package's version, such as `0.1.0`. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}

/**
 * Replaces a leading `~` by the user's home and `$NAME` or `${NAME}` by the
 * environment's value, as webots-server does in paths; unknown names stay.
 */
export function expandPath(path: string, environment: NodeJS.ProcessEnv): string {
  const home = environment.HOME ?? homedir();
  return path
    .replace(/^~(?=\/|$)/, () => home)
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, plain, braced) => environment[plain ?? braced] ?? whole);
}
