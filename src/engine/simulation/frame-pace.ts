/** How much earlier than its time a frame may come, as a part of the interval (our choice): steps do not fall on pictures. */
const SLACK = 0.25;

/** Decides which steps are worth a frame: on average no more than so many a second. */
export class FramePace {
  readonly #interval: number;
  #due = Number.NEGATIVE_INFINITY;

  constructor(framesPerSecond: number) {
    this.#interval = 1000 / framesPerSecond;
  }

  /** @param now clock time in ms */
  isDue(now: number): boolean {
    if (now < this.#due) return false;
    this.#due = Math.max(this.#due + this.#interval, now + this.#interval * (1 - SLACK));
    return true;
  }
}
