/** Wall-clock ms over which the speed is measured (our choice). */
const WINDOW = 2000;

/** Least wall-clock ms that tell a speed. */
const LEAST = 200;

interface Sample {
  readonly now: number;
  readonly time: number;
}

/** How fast a simulation runs: simulated time by the time of the clock. */
export class SpeedFactor {
  #samples: Sample[] = [];

  /** @param now ms on a clock that is never set @param time simulated ms */
  record(now: number, time: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && time < last.time) this.#samples = [];
    this.#samples.push({ now, time });
    while (this.#samples.length > 2 && now - this.#samples[0]!.now > WINDOW) this.#samples.shift();
  }

  clear(): void {
    this.#samples = [];
  }

  /** `undefined` until it has been measured. */
  get value(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.now - first.now < LEAST) return undefined;
    return (last.time - first.time) / (last.now - first.now);
  }
}
