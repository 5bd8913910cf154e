import { AppError } from '../errors.ts';
import {
  FILE_FORMS,
  FILE_PATHS,
  type GitHostKind,
  type GitHosts,
  gitHostKind,
  withoutRefsPrefix,
} from './git-hosts.ts';

/** Longest URL read, in characters: what browsers and proxies are known to pass; our choice. */
export const MAX_URL_LENGTH = 2048;

/** Most parts between the slashes after the host; our choice, so that the list of readings stays short. */
export const MAX_URL_PARTS = 40;

/** Longest part of a URL, in characters: the longest file name that Linux file systems hold is 255 bytes. */
const MAX_PART_LENGTH = 255;

/** Longest name of an owner or repository, in characters: GitHub's own limit for repositories. */
const MAX_NAME_LENGTH = 100;

/** One way to cut the path of a world URL into a ref and a folder. */
export interface WorldReading {
  /** Branch, tag or full commit id, e.g. `main` or `feature/arm`. */
  readonly ref: string;
  /** Folder of the project in the repository, `''` for its root; no slash at either end. */
  readonly folder: string;
  /** File name of the world in the folder `worlds` of the project, with `.wbt`. */
  readonly world: string;
}

/** A world in a repository, as its URL names it; every name is decoded and safe as a path segment and as an argument. */
export interface WorldUrl {
  /** The URL as it was asked for, without blanks around it. */
  readonly url: string;
  /** In lower case, with its port where it has one. */
  readonly host: string;
  readonly kind: GitHostKind;
  /** User or organisation; of GitLab the groups, with slashes between them. */
  readonly owner: string;
  readonly repository: string;
  /** Where git finds it: `https://<host>/<owner>/<repository>`, of GitLab with `.git`, without which it redirects. */
  readonly repositoryUrl: string;
  /**
   * In order of preference, never empty: first the one whose ref is a single segment, as webots-server reads it,
   * then the one with the longest ref, down to two segments. `refs/heads/` and `refs/tags/`, with which GitHub begins
   * the refs of its own `raw` URLs, are left out.
   */
  readonly readings: readonly [WorldReading, ...WorldReading[]];
}

const CONTROLS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const OWNER = /^[a-z\d][a-z\d_-]*$/i;
const REPOSITORY = /^[a-z\d_.][a-z\d_.-]*$/i;
const REF_SEGMENT = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.,+@=-]*$/u;
const FILE_NAME = /^[\p{L}\p{N}_.,+@=][\p{L}\p{M}\p{N}_.,+@= -]*$/u;

/** What GitLab adds to its own URLs. */
const GITLAB_QUERY = /\?ref_type=(?:heads|tags)$/;

/**
 * The URL without blanks around it, if it is one of a git host that is served: what is checked before whose repository it names.
 *
 * @param hosts those that are served, beside `github.com`
 * @throws AppError `urlMissing`, `urlUnsupported`, or `urlMalformed` for what is too long or has control characters
 */
export function hostedUrl(text: string, hosts: GitHosts = {}): string {
  const url = text.trim();
  if (url === '') throw new AppError('urlMissing', 'Missing URL.');
  if (url.length > MAX_URL_LENGTH) {
    throw malformed(`Expected a URL of at most ${MAX_URL_LENGTH} characters, got ${url.length}`);
  }
  if (CONTROLS.test(url)) throw malformed('Expected a URL without control characters');
  if (!gitHostKind(hostOf(url), hosts)) throw new AppError('urlUnsupported', `Unsupported URL protocol: ${url}`);
  return url;
}

/**
 * Reads `https://<host>/…/worlds/<name>.wbt`, where before `worlds` stands
 * - of GitHub: `<owner>/<repository>/(blob|tree|raw)/<ref>[/<folder>]`
 * - of GitLab: `<group>[/<subgroup>…]/<project>/-/(blob|tree|raw)/<ref>[/<folder>]`
 * - of Gitea: `<owner>/<repository>/(src|raw)/(branch|tag|commit)/<ref>[/<folder>]`
 *
 * Percent-encoding is decoded once. Names that a shell, git or a file system could take for anything but a name are
 * refused: metacharacters, `..`, `.`, `.git`, empty parts, a leading `-`, encoded slashes, control characters.
 *
 * @param hosts those that are served, beside `github.com`
 * @throws AppError `urlMissing`, `urlUnsupported` or `urlMalformed`
 */
export function parseWorldUrl(text: string, hosts: GitHosts = {}): WorldUrl {
  const url = hostedUrl(text, hosts);
  const host = hostOf(url).toLowerCase();
  const kind = gitHostKind(host, hosts)!;
  const path = url.slice(`https://${host}/`.length);
  return readParts(url, host, kind, (kind === 'gitlab' ? path.replace(GITLAB_QUERY, '') : path).split('/'));
}

/** `''` of what is no https URL with a path. */
function hostOf(url: string): string {
  return /^https:\/\/([^/]+)\//i.exec(url)?.[1] ?? '';
}

/**
 * The repository of a world, in one form whatever the case in which it is written, e.g. `github.com/owner/repository`.
 *
 * @throws AppError as `parseWorldUrl` does
 */
export function repositoryOf(text: string, hosts: GitHosts = {}): string {
  const { host, owner, repository } = parseWorldUrl(text, hosts);
  return `${host}/${owner}/${repository}`.toLowerCase();
}

function readParts(url: string, host: string, kind: GitHostKind, encodedParts: readonly string[]): WorldUrl {
  if (encodedParts.length < 6) throw malformed('Wrong Webots simulation URL');
  if (encodedParts.length > MAX_URL_PARTS) {
    throw malformed(`Expected a URL of at most ${MAX_URL_PARTS} parts, got ${encodedParts.length}`);
  }
  const { names, kind: found, path, isCommit } = FILE_PATHS[kind](encodedParts.map(decodePart));
  if (found !== 'blob') throw malformed(`Missing ${FILE_FORMS[kind]} in Webots simulation URL, founds ${found}`);
  if (path.at(-2) !== 'worlds') throw malformed('Missing worlds folder in Webots simulation URL');
  const world = path.at(-1)!;
  if (!world.endsWith('.wbt') || world === '.wbt') throw malformed('Missing world file in Webots simulation URL');

  const owners = names.slice(0, -1);
  const repository = names.at(-1) ?? '';
  if (owners.length === 0 || path.length < 3) throw malformed('Wrong Webots simulation URL');
  for (const owner of owners) if (!isOwnerName(owner, kind)) throw misnamed('the owner', owner);
  if (!isRepositoryName(repository)) throw misnamed('the repository', repository);
  for (const part of path) if (!isFileName(part)) throw misnamed('every part of the path', part);
  const readings = listReadings(withoutRefsPrefix(path.slice(0, -2)), world);
  if (isCommit && !/^[\da-f]{40}$/i.test(readings[0].ref)) throw misnamedCommit(readings[0].ref);

  const owner = owners.join('/');
  return {
    url,
    host,
    kind,
    owner,
    repository,
    repositoryUrl: `https://${host}/${owner}/${repository}${kind === 'gitlab' ? '.git' : ''}`,
    readings: isCommit ? [readings[0]] : readings,
  };
}

/** Every cut of `path` into a ref and a folder that git can know. */
function listReadings(path: readonly string[], world: string): [WorldReading, ...WorldReading[]] {
  const read = (length: number): WorldReading => ({
    ref: path.slice(0, length).join('/'),
    folder: path.slice(length).join('/'),
    world,
  });
  const wrong = path.findIndex((segment) => !isRefSegment(segment));
  if (wrong === 0) throw misnamed('the branch, tag or commit', path[0]!);
  const longest = wrong === -1 ? path.length : wrong;
  return [read(1), ...Array.from({ length: longest - 1 }, (_, index) => read(longest - index))];
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw malformed(`Expected percent-encoded UTF-8 in the URL, got ${quote(part)}`, cause);
  }
}

/** Elsewhere than on GitHub, owners may have dots in their names, as repositories do. */
function isOwnerName(name: string, kind: GitHostKind): boolean {
  return kind === 'github' ? OWNER.test(name) && name.length <= MAX_NAME_LENGTH : isRepositoryName(name);
}

function isRepositoryName(name: string): boolean {
  return REPOSITORY.test(name) && name.length <= MAX_NAME_LENGTH && !/^\.{1,2}$|\.git$/i.test(name);
}

/** Whether git accepts `segment` in a ref, by the rules of git-check-ref-format that the character set leaves open. */
function isRefSegment(segment: string): boolean {
  return REF_SEGMENT.test(segment) && !/\.\.|\.$|\.lock$|^@$/.test(segment);
}

function isFileName(name: string): boolean {
  return FILE_NAME.test(name) && name.length <= MAX_PART_LENGTH && !/^\.{1,2}$|^\.git$| $/i.test(name);
}

function malformed(message: string, cause?: unknown): AppError {
  return new AppError('urlMalformed', message, { cause });
}

function misnamed(what: string, name: string): AppError {
  return malformed(`Expected ${what} in the URL to be a plain name, got ${quote(name)}`);
}

function misnamedCommit(ref: string): AppError {
  return malformed(`Expected the 40 digits of the commit in the URL, got ${quote(ref)}`);
}

function quote(name: string): string {
  return JSON.stringify(name.replaceAll(new RegExp(CONTROLS, 'gu'), '\uFFFD'));
}
