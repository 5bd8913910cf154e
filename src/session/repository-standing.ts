import type { RepositoryRules } from '../monitor/server-status.ts';
import { isPrefix, prefixSegments, worldSegments } from '../projects/repository-prefix.ts';
import { parseWorldUrl } from '../projects/world-url.ts';

/** A world's URL in the segments by which lists of repositories are compared. */
export type WorldSegments = readonly string[];

/** How a simulation server takes worlds of other people, as it says itself, with its prefixes read. */
export interface ReadRules {
  readonly allowed: readonly (readonly string[])[];
  readonly blocked: readonly (readonly string[])[];
  /** Load in percent up to which worlds run that are not allowed; 0 where none do. */
  readonly shareIdleTime: number;
}

/** Whether a server runs a world at any load (`dedicated`), while it has time to share (`shared`), or never (`refused`). */
export type Standing = 'dedicated' | 'shared' | 'refused';

export function readRules({ allowed, blocked, shareIdleTime, docker }: RepositoryRules): ReadRules {
  return {
    allowed: allowed.map(prefixSegments),
    blocked: blocked.map(prefixSegments),
    shareIdleTime: docker ? shareIdleTime : 0,
  };
}

/** Judges as the server itself will, see `checkRepository`. */
export function standingOf({ allowed, blocked, shareIdleTime }: ReadRules, world: WorldSegments): Standing {
  const isListed = (list: ReadRules['allowed']) => list.some((prefix) => isPrefix(prefix, world));
  if (isListed(allowed)) return 'dedicated';
  return shareIdleTime === 0 || isListed(blocked) ? 'refused' : 'shared';
}

/**
 * The world for which `/session` is asked, from the query as it was sent: web clients append its URL as it stands,
 * others encode it.
 *
 * @returns undefined where there is none, or none that could be read
 */
export function worldOf(query: string): WorldSegments | undefined {
  const [, value = ''] = /(?:^|&)url=([^&]*)/.exec(query) ?? [];
  try {
    return worldSegments(parseWorldUrl(value.includes('://') ? value : decodeURIComponent(value.replaceAll('+', ' '))));
  } catch {
    // What is wrong with it the simulation server tells.
    return undefined;
  }
}
