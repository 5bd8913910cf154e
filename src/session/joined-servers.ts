/** Most simulation servers that may have joined at once: our choice. */
export const MOST_JOINED = 200;

export interface JoinedServersTools {
  /** Whether the configuration names the server: joining changes nothing about it then. */
  isListed(entry: string): boolean;
  /** Begins to watch a server. @returns whether that could be done */
  add(entry: string): Promise<boolean>;
  /** The server has said again that it is there. */
  renew(entry: string): void;
  /** Ends the watch of a server that has joined; `ended` is called when that is done. */
  remove(entry: string): void;
  /** A server that the configuration names has said that it takes no clients. */
  close(entry: string): void;
}

/** The simulation servers that have joined by themselves. Each is watched by an actor, which ends when it is silent. */
export interface JoinedServers {
  readonly size: number;
  has(entry: string): boolean;
  /** Why a server cannot join now, in words for its operator; undefined if it can. */
  refusal(entry: string): string | undefined;
  /** @returns why it could not join, undefined if it has */
  join(entry: string): Promise<string | undefined>;
  leave(entry: string): void;
  /** A server has not said for too long that it is there, and is about to be watched no more. */
  lapse(entry: string): void;
  /** A server is watched no more. @returns why, if it had joined: it has left, was silent for too long, or neither */
  ended(entry: string): 'left' | 'silent' | 'unwatched' | undefined;
}

export function createJoinedServers({ isListed, add, renew, remove, close }: JoinedServersTools): JoinedServers {
  const joined = new Set<string>();
  const leaving = new Set<string>();
  const lapsed = new Set<string>();

  function refusal(entry: string): string | undefined {
    if (isListed(entry) || joined.has(entry) || joined.size < MOST_JOINED) return undefined;
    return `Expected at most ${MOST_JOINED} simulation servers to join, and as many have.`;
  }

  return {
    get size() {
      return joined.size;
    },
    has: (entry) => joined.has(entry),
    refusal,
    async join(entry) {
      if (isListed(entry)) return undefined;
      if (joined.has(entry)) {
        renew(entry);
        return undefined;
      }
      const problem = refusal(entry);
      if (problem !== undefined) return problem;
      joined.add(entry);
      if (await add(entry)) return undefined;
      joined.delete(entry);
      return 'The session server could not begin to watch this server.';
    },
    leave(entry) {
      if (isListed(entry)) return close(entry);
      if (!joined.has(entry)) return;
      leaving.add(entry);
      remove(entry);
    },
    lapse: (entry) => void lapsed.add(entry),
    ended(entry) {
      const hasLeft = leaving.delete(entry);
      const wasSilent = lapsed.delete(entry);
      if (!joined.delete(entry)) return undefined;
      return hasLeft ? 'left' : wasSilent ? 'silent' : 'unwatched';
    },
  };
}
