/**
 * Decides which steps are worth a frame: no more than so many a second. Steps do
 * not fall on pictures, so a frame that came late lets the next one be on time again.
 */
export class FramePace {
  readonly #interval: number;
  #due = Number.NEGATIVE_INFINITY;

  constructor(framesPerSecond: number) {
    this.#interval = 1000 / framesPerSecond;
  }

  /** @param now clock time in ms */
  isDue(now: number): boolean {
    if (now < this.#due) return false;
    this.#due = Math.max(this.#due + this.#interval, now);
    return true;
  }
}
