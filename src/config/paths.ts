import { homedir } from 'node:os';

const VARIABLE = /\$(?:(\w+)|\{(\w+)\})/g;

/**
 * Replaces a leading `~` by the user's home and `$NAME` or `${NAME}` by the
 * environment's value, as webots-server does in paths; unknown names stay.
 */
export function expandPath(path: string, environment: NodeJS.ProcessEnv): string {
  const home = environment.HOME ?? homedir();
  return path
    .replace(/^~(?=\/|$)/, () => home)
    .replace(VARIABLE, (whole, plain, braced) => environment[plain ?? braced] ?? whole);
}

/** Names of the variables in a path that the environment does not have. */
export function unsetVariables(path: string, environment: NodeJS.ProcessEnv): string[] {
  return [...path.matchAll(VARIABLE)]
    .map(([, plain, braced]) => plain ?? braced!)
    .filter((name) => environment[name] === undefined);
}
