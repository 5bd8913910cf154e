import { AppError } from '../errors.ts';
import { FILE_PATHS, type GitHostKind, type GitHosts, gitHostKind, withoutRefsPrefix } from './git-hosts.ts';
import { parseWorldUrl, type WorldUrl } from './world-url.ts';

/** Stands between the names and the ref of what is compared, whatever the host has there. */
const FILE = 'blob';

/**
 * The segments of a URL prefix: host, owner or groups, repository, `blob`, ref and folder, as far as it has them.
 *
 * A scheme, slashes too many and `.git` after the repository make no difference, nor does percent-encoding, nor the
 * case of names.
 *
 * @param kind what runs at the host with which it is compared
 */
export function prefixSegments(prefix: string, kind: GitHostKind = 'github'): string[] {
  const [host = '', ...parts] = prefix
    .trim()
    .replace(/^[a-z][a-z\d+.-]*:\/\//i, '')
    .replace(/\/+$/, '')
    .split(/\/+/)
    .map(decodeLeniently);
  const file = FILE_PATHS[kind](parts);
  const names = nameSegments(
    host,
    file.names.filter((name) => name !== ''),
  );
  if (file.kind === FILE) return [...names, FILE, ...withoutRefsPrefix(file.path)];
  return [...names, ...parts.slice(names.length - 1)];
}

/** The segments of a world's URL, in the form of {@link prefixSegments}. */
export function worldSegments(world: WorldUrl): string[] {
  const { ref, folder, world: file } = world.readings[0];
  const path = folder === '' ? [] : folder.split('/');
  return [...repositorySegments(world), FILE, ref, ...path, 'worlds', file];
}

/** Those of its repository: host, owner or groups, repository. */
export function repositorySegments({ host, owner, repository }: WorldUrl): string[] {
  return nameSegments(host, [...owner.split('/'), repository]);
}

/** The segments of a URL that may name no world: those of the world, or, where it names none, of the URL as it stands. */
export function urlSegments(url: string, hosts: GitHosts = {}): string[] {
  try {
    return worldSegments(parseWorldUrl(url, hosts));
  } catch (error) {
    if (error instanceof AppError && error.code === 'urlMalformed') return prefixSegments(url, hostKindOf(url, hosts));
    throw error;
  }
}

/** What runs at the host of a URL that has a scheme. */
export function hostKindOf(url: string, hosts: GitHosts = {}): GitHostKind {
  return gitHostKind(/^[a-z]+:\/\/([^/]+)/i.exec(url)?.[1] ?? '', hosts) ?? 'github';
}

/** Whether `prefix` is the beginning of `segments`, whole segments only; an empty prefix is the beginning of nothing. */
export function isPrefix(prefix: readonly string[], segments: readonly string[]): boolean {
  return prefix[0] !== '' && prefix.every((segment, index) => segment === segments[index]);
}

/** Git hosts compare names without regard to case. */
function nameSegments(host: string, names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase());
  const repository = lower.length > 1 ? [lower.pop()!.replace(/\.git$/, '')] : [];
  return [host.toLowerCase(), ...lower, ...repository];
}

function decodeLeniently(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A percent sign that encodes nothing stands for itself, and matches no world's URL, which has none.
    return segment;
  }
}
