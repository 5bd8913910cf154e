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
