import type { Simulation } from './simulation.ts';

/** How time goes on: not at all, like the clock, or as fast as it can. */
export type RunMode = 'pause' | 'real-time' | 'fast';

export interface RunnerEvents {
  /** The simulation went on by one step. */
  stepped(): void;
  /** The time limit was reached, and the mode is `pause` now. */
  expired(): void;
  /** A step was not possible, and the mode is `pause` now. */
  failed(error: unknown): void;
}

/** Time for which steps may keep the event loop, in ms (our choice: half a picture at 60 Hz). */
const TURN = 8;

/** How far real time may run ahead before the simulation gives up catching up, in ms (our choice). */
const LONGEST_LAG = 250;

/** The longest wait of a timer, in ms (Node: 2^31 − 1; more would fire at once). */
const LONGEST_WAIT = 2 ** 31 - 1;

/** Lets the time of a simulation go on. */
export class Runner {
  readonly #simulation: Simulation;
  readonly #events: RunnerEvents;
  #mode: RunMode = 'pause';
  #deadline: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** Where the clock, in ms, and the simulated time stood at the same moment. */
  #anchor = { clock: 0, time: 0 };

  constructor(simulation: Simulation, events: RunnerEvents) {
    this.#simulation = simulation;
    this.#events = events;
  }

  get mode(): RunMode {
    return this.#mode;
  }

  /** Goes on in this mode; `prepare` of the simulation is waited for. */
  run(mode: RunMode): void {
    this.#cancel();
    this.#mode = mode;
    if (mode === 'pause') return;
    if (this.#simulation.isPrepared) this.#begin();
    else
      this.#simulation.prepare().then(
        () => this.#begin(),
        (error: unknown) => this.#fail(error),
      );
  }

  /** Pauses once `duration` simulated ms have passed, at the next step for 0; never for `undefined`. */
  limit(duration: number | undefined): void {
    this.#deadline = duration === undefined ? undefined : this.#simulation.time + duration;
  }

  /** Does one step, whatever the limit, and pauses. @throws what `step` of the simulation throws */
  async step(): Promise<void> {
    this.run('pause');
    await this.#simulation.prepare();
    this.#simulation.step();
    this.#events.stepped();
  }

  /** Goes back to the start in the same mode, without a limit. */
  reset(): void {
    this.#simulation.reset();
    this.#deadline = undefined;
    this.run(this.#mode);
  }

  #begin(): void {
    if (this.#mode === 'pause') return;
    this.#cancel();
    this.#setAnchor();
    this.#schedule();
  }

  #setAnchor(): void {
    this.#anchor = { clock: performance.now(), time: this.#simulation.time };
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #schedule(): void {
    if (this.#mode === 'fast') {
      this.#immediate = setImmediate(() => this.#turn());
      return;
    }
    const next = this.#simulation.time + this.#simulation.scene.timeStep;
    const delay = this.#anchor.clock + next - this.#anchor.time - performance.now();
    // Timers fire a little early now and then, so the shortest wait is one that does not spin.
    this.#timer = setTimeout(() => this.#turn(), Math.min(LONGEST_WAIT, Math.max(1, delay)));
  }

  /** Does the steps that are due, as far as they fit into one turn of the event loop. */
  #turn(): void {
    const start = performance.now();
    if (this.#mode === 'real-time' && this.#realTime(start) - this.#simulation.time > LONGEST_LAG) this.#setAnchor();
    do {
      if (this.#mode === 'real-time' && !this.#isStepDue()) break;
      if (!this.#tryStep()) return;
    } while (performance.now() - start < TURN);
    this.#schedule();
  }

  /** @returns whether the simulation still runs */
  #tryStep(): boolean {
    try {
      this.#simulation.step();
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#events.stepped();
    if (this.#deadline !== undefined && this.#simulation.time >= this.#deadline) {
      this.#deadline = undefined;
      this.run('pause');
      this.#events.expired();
    }
    return this.#mode !== 'pause';
  }

  #isStepDue(): boolean {
    return this.#simulation.time + this.#simulation.scene.timeStep <= this.#realTime(performance.now());
  }

  /** The simulated time that belongs to a time of the clock. */
  #realTime(clock: number): number {
    return this.#anchor.time + clock - this.#anchor.clock;
  }

  #fail(error: unknown): void {
    this.run('pause');
    this.#events.failed(error);
  }
}
