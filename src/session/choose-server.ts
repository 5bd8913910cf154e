import type { ServerState } from '../../machines/simulation-server.ts';
import { type ReadRules, type Standing, standingOf, type WorldPrefixes } from './repository-standing.ts';

/** What is known of one simulation server. */
export interface ServerView {
  /** As in `simulationServers` of the configuration, e.g. `localhost:2000`. */
  readonly entry: string;
  readonly state: ServerState;
  /** Its own last answer in percent, undefined where there is none. */
  readonly load: number | undefined;
  /** Load in percent that the clients sent to it lately stand for. */
  readonly reserved: number;
  /** Whether it has joined by itself, and the configuration does not name it. */
  readonly isJoined?: boolean;
}

/** What a server says of its places, and what a client sent to it counts as. */
export interface RoomFacts {
  /** Load in percent from which on it gets no more clients. */
  readonly loadThreshold: number;
  /** Load in percent that one client sent to it lately stands for. */
  readonly grantLoad: number;
  /** Undefined where it says nothing. */
  readonly places: { readonly capacity: number; readonly running: number } | undefined;
}

/**
 * Whether one more client can be sent to a server now, those sent lately taken
 * into account: below the load threshold and, where it says how many places it
 * has, into one of them.
 */
export function hasRoom({ load, reserved }: ServerView, { loadThreshold, grantLoad, places }: RoomFacts): boolean {
  if (load === undefined || load + reserved >= loadThreshold) return false;
  // Who was sent lately may run already; better one too few for a while than one too many.
  const sent = grantLoad > 0 ? Math.round(reserved / grantLoad) : 0;
  return places === undefined || places.running + sent < places.capacity;
}

/** The server for a client, or why there is none: none has room now, none would ever run its world, or those that would are away. */
export type Choice =
  | { readonly server: ServerView }
  | { readonly server?: undefined; readonly refusal: 'noneAvailable' | 'noneAllows' | 'allAway' };

/** What decides between servers for one world. */
export interface WorldRules {
  readonly world: WorldPrefixes;
  /** What a server says of whose worlds it runs; undefined where it says nothing, as Python ones do. */
  rulesOf(entry: string): ReadRules | undefined;
}

interface Candidate {
  readonly server: ServerView;
  readonly standing: Standing | 'unknown';
  /** The lower, the sooner it is chosen, among those of its standing. */
  readonly cost: number;
}

/** Those that are sure to run a world come first, whose machines are there for it before all others. */
const ORDER: readonly Candidate['standing'][] = ['dedicated', 'shared', 'unknown'];

/**
 * The server to which the next client is sent, of those that are available.
 *
 * For no world in particular it is the one with the lowest load, including what is reserved. For a world it is of those
 * that are dedicated to it the one with the lowest load; else of those that share idle time and still have some the one
 * that has most, as webots.cloud has it; else of those that say nothing the one with the lowest load. Of equals it is
 * the first.
 *
 * @param hasPlace whether one more client can be sent to a server now; of others counts only whether they run the world
 */
export function chooseServer(
  servers: readonly ServerView[],
  rules?: WorldRules,
  hasPlace: (server: ServerView) => boolean = () => true,
): Choice {
  const known = servers.map((server) => candidateOf(server, rules));
  let chosen: Candidate | undefined;
  for (const candidate of known) {
    const { server, standing } = candidate;
    if (server.state !== 'available' || server.load === undefined || standing === 'refused') continue;
    if (!hasPlace(server)) continue;
    // What is reserved orders the servers, and makes none unavailable.
    if (standing === 'shared' && candidate.cost - server.reserved >= 0) continue;
    if (!chosen || isBetter(candidate, chosen)) chosen = candidate;
  }
  if (chosen) return { server: chosen.server };
  const isHopeless = known.length > 0 && known.every(({ standing }) => standing === 'refused');
  return { refusal: isHopeless ? 'noneAllows' : 'noneAvailable' };
}

function candidateOf(server: ServerView, rules: WorldRules | undefined): Candidate {
  const load = (server.load ?? 0) + server.reserved;
  const serverRules = rules?.rulesOf(server.entry);
  if (!rules || !serverRules) return { server, standing: 'unknown', cost: load };
  const standing = standingOf(serverRules, rules.world);
  return { server, standing, cost: standing === 'shared' ? load - serverRules.shareIdleTime : load };
}

function isBetter(one: Candidate, other: Candidate): boolean {
  const difference = ORDER.indexOf(one.standing) - ORDER.indexOf(other.standing);
  return difference === 0 ? one.cost < other.cost : difference < 0;
}
