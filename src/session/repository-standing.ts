import type { RepositoryRules } from '../monitor/server-status.ts';
import { GIT_HOST_KINDS } from '../projects/git-hosts.ts';
import { prefixSegments, worldSegments } from '../projects/repository-prefix.ts';
import { parseWorldUrl, type WorldUrl } from '../projects/world-url.ts';

/** Every beginning of a world's URL, whole segments only: what a list must name for the world to be listed. */
export type WorldPrefixes = readonly string[];

/** Whose worlds a simulation server runs, as it says itself, for a look in the same time however long its lists are. */
export interface ReadRules {
  readonly allowed: ReadonlySet<string>;
  readonly blocked: ReadonlySet<string>;
  /** Load in percent up to which worlds run that are not allowed; 0 where none do. */
  readonly shareIdleTime: number;
}

/** Whether a server runs a world at any load (`dedicated`), while it has time to share (`shared`), or never (`refused`). */
export type Standing = 'dedicated' | 'shared' | 'refused';

export function readRules({ allowed, blocked, shareIdleTime, docker }: RepositoryRules): ReadRules {
  return {
    allowed: readPrefixes(allowed),
    blocked: readPrefixes(blocked),
    shareIdleTime: docker ? shareIdleTime : 0,
  };
}

function readPrefixes(prefixes: readonly string[]): ReadonlySet<string> {
  // What runs at the host of a prefix only the simulation server knows: it is read in every way.
  const readings = prefixes.flatMap((prefix) => GIT_HOST_KINDS.map((kind) => prefixSegments(prefix, kind)));
  // An empty prefix is the beginning of nothing.
  return new Set(readings.filter(([host]) => host !== '').map(keyOf));
}

const keyOf = (segments: readonly string[]) => JSON.stringify(segments);

/** Judges as the server itself will, see `checkRepository`. */
export function standingOf({ allowed, blocked, shareIdleTime }: ReadRules, world: WorldPrefixes): Standing {
  const isListed = (list: ReadonlySet<string>) => world.some((prefix) => list.has(prefix));
  if (isListed(allowed)) return 'dedicated';
  return shareIdleTime === 0 || isListed(blocked) ? 'refused' : 'shared';
}

/** What the URL itself says runs at its host: only simulation servers know that for sure. */
function parseAnywhere(url: string): WorldUrl {
  const kind = url.includes('/-/') ? 'gitlab' : GITEA_FILE.test(url) ? 'gitea' : 'github';
  return parseWorldUrl(url, { [new URL(url).host]: kind });
}

/** How Gitea and Forgejo write the way to a file. */
const GITEA_FILE = /^[^/]+:\/\/(?:[^/]+\/){3}(?:src|raw)\/(?:branch|tag|commit)\//;

/**
 * The world for which `/session` is asked, from the query as it was sent: web clients append its URL as it stands,
 * others encode it.
 *
 * @returns undefined where there is none, or none that could be read
 */
export function worldOf(query: string): WorldPrefixes | undefined {
  const [, value = ''] = /(?:^|&)url=([^&]*)/.exec(query) ?? [];
  try {
    const url = value.includes('://') ? value : decodeURIComponent(value.replaceAll('+', ' '));
    const segments = worldSegments(parseAnywhere(url));
    return segments.map((_, index) => keyOf(segments.slice(0, index + 1)));
  } catch {
    // What is wrong with it the simulation server tells.
    return undefined;
  }
}
