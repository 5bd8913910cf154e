/** Worlds that are remembered, the latest first (our choice). */
export const MOST_WORLDS = 10;

/** Longest address that is remembered, in characters. */
const LONGEST = 2048;

const KEY = 'webots-hub.recent-worlds';

/** The part of `localStorage` that is needed. */
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The worlds that were started in this browser; none where it keeps nothing. */
export class RecentWorlds {
  readonly #store: KeyValueStore | undefined;

  constructor(store: KeyValueStore | undefined) {
    this.#store = store;
  }

  list(): readonly string[] {
    try {
      const value: unknown = JSON.parse(this.#store?.getItem(KEY) ?? '[]');
      const worlds = Array.isArray(value) ? value : [];
      return worlds.filter((world): world is string => typeof world === 'string').slice(0, MOST_WORLDS);
    } catch {
      // Whatever stands there is replaced by the next world.
      return [];
    }
  }

  add(world: string): void {
    if (world === '' || world.length > LONGEST) return;
    const worlds = [world, ...this.list().filter((other) => other !== world)].slice(0, MOST_WORLDS);
    try {
      this.#store?.setItem(KEY, JSON.stringify(worlds));
    } catch {
      // A full or forbidden store only costs the convenience.
    }
  }

  clear(): void {
    this.#store?.removeItem(KEY);
  }
}
