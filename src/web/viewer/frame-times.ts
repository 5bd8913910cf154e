/** Frames whose times are kept (our choice: about two seconds). */
const KEPT = 120;

/** Longest time between two frames that still belong together, in ms; after a longer one the picture stood still. */
const LONGEST_GAP = 500;

/** Measures how long it takes from one frame of a moving picture to the next. */
export class FrameTimes {
  #times: number[] = [];
  #last: number | undefined;

  /** @param now ms on a clock that is never set */
  record(now: number): void {
    const time = now - (this.#last ?? Number.NEGATIVE_INFINITY);
    this.#last = now;
    if (time > LONGEST_GAP) return;
    this.#times.push(time);
    if (this.#times.length > KEPT) this.#times.shift();
  }

  /** The next frame begins a movement of its own. */
  pause(): void {
    this.#last = undefined;
  }

  /** Milliseconds of half of the last frames at most; `undefined` before two were drawn in a row. */
  get median(): number | undefined {
    const sorted = this.#times.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }
}
