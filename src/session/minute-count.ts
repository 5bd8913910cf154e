const SECOND = 1_000;
const SECONDS = 60;

/** Counts what happened within the last minute, to the second, in bounded memory. */
export class MinuteCount {
  readonly #counts: number[] = Array(SECONDS).fill(0);
  #second = 0;

  /** @param now ms on a clock that is never set */
  add(now: number): void {
    this.#advance(now);
    this.#counts[this.#second % SECONDS]! += 1;
  }

  /** @returns how many were added within the 60 s before `now` */
  count(now: number): number {
    this.#advance(now);
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  #advance(now: number): void {
    const second = Math.floor(now / SECOND);
    const first = Math.max(this.#second + 1, second - SECONDS + 1);
    for (let passed = first; passed <= second; passed++) this.#counts[passed % SECONDS] = 0;
    this.#second = Math.max(second, this.#second);
  }
}
