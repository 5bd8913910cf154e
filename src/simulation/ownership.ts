/** Gives back what was claimed; called at most once. Resolves when it is really gone. */
export type Release = () => void | Promise<void>;

/**
 * What sessions hold of the operating system: checkouts, process groups,
 * ports, folders, sockets.
 *
 * Kept outside the machines, so that it is given back whichever way its owner
 * ends, even by a bug. A resource is claimed before it is first used.
 */
export interface Ownership {
  claim(owner: string, resource: string, release: Release): void;
  /**
   * Gives back one resource; nothing happens if it is not claimed or already given back.
   *
   * @returns false if that failed, which `onError` has heard
   */
  release(owner: string, resource: string): Promise<boolean>;
  /** Gives back what the owner claimed, in reverse order, even where one of them fails; `except` stay claimed. */
  releaseAll(owner: string, except?: readonly string[]): Promise<void>;
  /** Names of what is held, by owner. */
  held(): ReadonlyMap<string, readonly string[]>;
}

/** @param onError hears of a release that failed; the resource counts as given back all the same */
export function createOwnership(onError: (owner: string, resource: string, error: unknown) => void): Ownership {
  const owners = new Map<string, Map<string, Release>>();
  /** Releases under way: who asks again waits for the same one. */
  const pending = new Map<string, Promise<boolean>>();

  function release(owner: string, resource: string): Promise<boolean> {
    const key = `${owner}/${resource}`;
    const underWay = pending.get(key);
    if (underWay) return underWay;
    const claimed = owners.get(owner)?.get(resource);
    if (!claimed) return Promise.resolve(true);
    const released = (async () => {
      let isReleased = true;
      try {
        await claimed();
      } catch (error) {
        isReleased = false;
        onError(owner, resource, error);
      }
      pending.delete(key);
      const resources = owners.get(owner);
      resources?.delete(resource);
      if (resources?.size === 0) owners.delete(owner);
      return isReleased;
    })();
    pending.set(key, released);
    return released;
  }

  return {
    claim(owner, resource, give) {
      const resources = owners.get(owner) ?? new Map<string, Release>();
      if (resources.has(resource)) throw new Error(`Session ${owner} already holds its ${resource}`);
      owners.set(owner, resources.set(resource, give));
    },
    release,
    async releaseAll(owner, except = []) {
      const resources = [...(owners.get(owner)?.keys() ?? [])].filter((resource) => !except.includes(resource));
      for (const resource of resources.reverse()) await release(owner, resource);
    },
    held: () => new Map([...owners].map(([owner, resources]) => [owner, [...resources.keys()]])),
  };
}
