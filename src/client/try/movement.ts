import type { Frame } from '../frame.ts';

/** Fields that place a node. */
const PLACES = ['translation', 'rotation'] as const;

/** Sees which nodes move: those whose place differs between two frames. */
export class Movement {
  readonly #places = new Map<string, string>();
  readonly #moved = new Set<string>();
  #frames = 0;

  /** Frames seen. */
  get frames(): number {
    return this.#frames;
  }

  /** Nodes that moved. */
  get nodes(): number {
    return this.#moved.size;
  }

  see(frame: Frame): void {
    this.#frames += 1;
    for (const { id, fields } of frame.updates) {
      for (const name of PLACES) {
        const place = fields[name];
        if (place === undefined) continue;
        const key = `${id} ${name}`;
        const before = this.#places.get(key);
        if (before !== undefined && before !== place) this.#moved.add(id);
        this.#places.set(key, place);
      }
    }
  }
}
