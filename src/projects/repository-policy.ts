import { AppError } from '../errors.ts';
import type { GitHosts } from './git-hosts.ts';
import { hostKindOf, isPrefix, prefixSegments, urlSegments } from './repository-prefix.ts';

/** Whose projects a simulation server runs. */
export interface RepositoryPolicy {
  /** URL prefixes of projects that run at any load; absent or empty, there are none. */
  readonly allowedRepositories?: readonly string[];
  /** URL prefixes of projects that never run, unless they are allowed. */
  readonly blockedRepositories: readonly string[];
  /** Load in percent up to which other projects run too; 0 for never. */
  readonly shareIdleTime: number;
  /** Whether simulations run in containers, without which only allowed projects run. */
  readonly docker: boolean;
  /** Git hosts that are served, beside `github.com`. */
  readonly hosts?: GitHosts;
}

/** Host, owner and repository. */
const REPOSITORY_SEGMENTS = 3;

const WORLD_FORM = 'the address of a world, such as https://github.com/OWNER/REPOSITORY/blob/BRANCH/worlds/NAME.wbt';

/**
 * Refuses a project that the lists or the load do not allow, with the texts and in the order of webots-server.
 *
 * Prefixes match whole path segments: `https://github.com/cyberbotics` does not admit `cyberbotics-evil`. Host, owner
 * and repository are compared without regard to case; `blob`, `tree` and `raw` are the same.
 *
 * @param url one of a git host that is served, which may name no world: strangers are not told what is wrong with it
 * @param load latest load of this server, in percent
 * @throws AppError `repositoryRefused`; `urlMalformed` for what names no repository, of which no list could say anything
 */
export function checkRepository(url: string, policy: RepositoryPolicy, load: number): void {
  const { allowedRepositories = [], blockedRepositories, shareIdleTime, docker, hosts } = policy;
  const segments = urlSegments(url, hosts);
  const kind = hostKindOf(url, hosts);
  const isListed = (list: readonly string[]) => list.some((prefix) => isPrefix(prefixSegments(prefix, kind), segments));

  if (isListed(allowedRepositories)) return;
  if (segments.length < REPOSITORY_SEGMENTS) throw new AppError('urlMalformed', `Expected ${WORLD_FORM}, got ${url}`);
  if (!docker) {
    throw refused('Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".');
  }
  if (shareIdleTime === 0) throw refused('This simulation server is not configured to share idle time.');
  if (load > shareIdleTime) throw refused(`Cannot share idle time when current load is above threshold: ${load}.`);
  if (isListed(blockedRepositories)) {
    throw refused(`Cannot run simulation from blocked repository: ${url}`);
  }
}

function refused(message: string): AppError {
  return new AppError('repositoryRefused', message);
}
