import path from 'node:path';
import type { GitHosts } from './git-hosts.ts';
import { hostKindOf, isPrefix, prefixSegments, repositorySegments } from './repository-prefix.ts';
import type { WorldUrl } from './world-url.ts';

/** Where a project really comes from. */
export type ProjectSource =
  | { readonly kind: 'git' /** URL of the repository, http, https or file. */; readonly url: string }
  | {
      readonly kind: 'folder' /** Absolute path of the plain tree that stands for the repository. */;
      readonly path: string;
    };

/**
 * Finds the source of a world's repository; the longest prefix that matches wins, on whole path segments.
 *
 * The part of the repository's URL after the prefix is appended to the target: with
 * `{"https://github.com/": "http://git.example/"}`, `https://github.com/o/r` comes from `http://git.example/o/r`.
 * Without a match it comes from where its URL says. Of a GitLab, the URL ends with `.git`, without which it redirects,
 * and where a token is shown no redirection is followed.
 *
 * @param mirrors URL prefix (a host, an owner or a repository) → URL prefix of a git server, or a folder
 * @param baseFolder absolute path to which folders are relative
 * @param hosts what runs at git hosts, beside `github.com`
 */
export function resolveMirror(
  world: WorldUrl,
  mirrors: Readonly<Record<string, string>>,
  baseFolder: string,
  hosts: GitHosts = {},
): ProjectSource {
  const repository = repositorySegments(world);
  const [longest] = Object.entries(mirrors)
    .map(([prefix, target]) => ({ segments: prefixSegments(prefix, world.kind), target }))
    .filter(({ segments }) => isPrefix(segments, repository))
    .sort((a, b) => b.segments.length - a.segments.length);
  if (!longest) return { kind: 'git', url: world.repositoryUrl };

  const rest = [world.host, ...world.owner.split('/'), world.repository].slice(longest.segments.length);
  if (/^(https?|file):\/\//i.test(longest.target)) {
    const url = [longest.target.replace(/\/+$/, ''), ...rest].join('/');
    return { kind: 'git', url: hostKindOf(url, hosts) === 'gitlab' ? url.replace(/(?:\.git)?$/i, '.git') : url };
  }
  return { kind: 'folder', path: path.resolve(baseFolder, longest.target, ...rest) };
}
