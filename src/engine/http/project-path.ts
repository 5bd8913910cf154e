/** Characters of the longest path that is looked at (our choice, the usual limit of systems). */
const LONGEST_PATH = 4_096;

/** Pictures of worlds, such as `.marbles.jpg`: the only hidden files that are shown. */
const THUMBNAIL = /^\.[^/]+\.(?:jpg|jpeg|png)$/i;

/**
 * The path in a project that a request asks for.
 *
 * @param target as in the first line of the request, with or without a query
 * @returns the names from the project down; `undefined` where it could lead
 *   outside, names something hidden, or is no path at all
 */
export function projectPath(target: string): string[] | undefined {
  const [path = ''] = target.split(/[?#]/, 1);
  if (!path.startsWith('/') || path.length > LONGEST_PATH) return undefined;
  const decoded = decode(path.slice(1));
  if (decoded === undefined || /[\0\\]/.test(decoded)) return undefined;
  const names = decoded.split('/');
  return areVisible(names) ? names : undefined;
}

/** Whether a path leads through no hidden folder, and to no hidden file but a world's picture. */
export function areVisible(names: readonly string[]): boolean {
  return names.every((name, index) => {
    if (name === '') return false;
    return !name.startsWith('.') || (index === names.length - 1 && THUMBNAIL.test(name));
  });
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // A broken escape names no file.
    return undefined;
  }
}
