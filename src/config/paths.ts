import { homedir } from 'node:os';

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
