import type { ServerState } from '../../machines/simulation-server.ts';

/** What is known of one simulation server. */
export interface ServerView {
  /** As in `simulationServers` of the configuration, e.g. `localhost:2000`. */
  readonly entry: string;
  readonly state: ServerState;
  /** Its own last answer in percent, undefined where there is none. */
  readonly load: number | undefined;
  /** Load in percent that the clients sent to it lately stand for. */
  readonly reserved: number;
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

/**
 * The server to which the next client is sent: of those that are available, the
 * one with the lowest load, including what is reserved; of equals the first.
 *
 * @returns undefined if none is available
 */
export function chooseServer(servers: readonly ServerView[]): ServerView | undefined {
  let chosen: ServerView | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const server of servers) {
    if (server.state !== 'available' || server.load === undefined) continue;
    const load = server.load + server.reserved;
    if (load >= lowest) continue;
    chosen = server;
    lowest = load;
  }
  return chosen;
}
