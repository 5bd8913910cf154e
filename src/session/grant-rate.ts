/** Grants from which a wait is expected: our choice, so that it is said only where it can be known. */
const LEAST_GRANTS = 2;

/** Grants that are looked at, the latest: our choice. */
const MOST_GRANTS = 20;

/** How fast a line moves. Times are ms on a clock that is never set. */
export class GrantRate {
  #begin = 0;
  readonly #times: number[] = [];

  /** Somebody waits from now on, after nobody did: what was before says nothing about this line. */
  begin(now: number): void {
    this.#begin = now;
    this.#times.length = 0;
  }

  /** The next in line was granted. */
  record(now: number): void {
    this.#times.push(now);
    if (this.#times.length > MOST_GRANTS) this.#begin = this.#times.shift()!;
  }

  /** In ms, for this place in the line, counted from 1; undefined where too little was granted to tell. */
  expectedWait(place: number, now: number): number | undefined {
    if (this.#times.length < LEAST_GRANTS) return undefined;
    return (place * (now - this.#begin)) / this.#times.length;
  }
}
