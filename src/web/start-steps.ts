import { placeInWords, type QueuePlace, type Stage } from '../client/index.ts';

/** The steps of a start, in their order. */
const TITLES = {
  choosing: 'Ask the session server',
  queue: 'Wait in line',
  connecting: 'Connect to the simulation server',
  checkout: 'Check out the project',
  launch: 'Launch the engine',
  loading: 'Load the world',
  streaming: 'Stream',
} as const;

export type StepName = keyof typeof TITLES;

export interface StartStep {
  readonly name: StepName;
  readonly title: string;
  /** The address that is spoken to, or nothing. */
  readonly detail: string;
  /** Milliseconds since the start of the session. */
  readonly begin: number;
  /** … `undefined` as long as it goes on. */
  readonly end: number | undefined;
  /** How far it has come, 0 to 1; `undefined` for steps that do not tell. */
  readonly share: number | undefined;
}

/** Percent of the bar of the whole start between which the steps lie that tell how far they are. */
const RANGES: Readonly<Partial<Record<StepName, readonly [number, number]>>> = {
  checkout: [5, 56],
  loading: [60.8, 100],
};

/** The simulation server has the project. */
const CHECKED_OUT = /done$|^webots/i;

const STEP_OF_STAGE: Readonly<Partial<Record<Stage, StepName>>> = {
  choosing: 'choosing',
  connecting: 'connecting',
  starting: 'checkout',
  opening: 'launch',
  loading: 'loading',
  streaming: 'streaming',
};

/** What a start has gone through so far. */
export class StartSteps {
  #steps: StartStep[] = [];

  get all(): readonly StartStep[] {
    return this.#steps;
  }

  enter(stage: Stage, detail: string, elapsed: number): void {
    const name = STEP_OF_STAGE[stage];
    if (name === undefined) this.#end(elapsed);
    else this.#begin(name, name === 'connecting' || name === 'choosing' ? detail : '', elapsed);
  }

  queue(place: QueuePlace, elapsed: number): void {
    const current = this.#steps.at(-1);
    // A simulation server without a free place has begun nothing yet.
    if (current?.name === 'checkout') this.#steps.pop();
    this.#begin('queue', '', elapsed);
    this.#change({ detail: placeInWords(place) });
  }

  progress(percent: number, text: string, elapsed: number): void {
    const current = this.#steps.at(-1);
    if (current === undefined || current.end !== undefined) return;
    if (current.name === 'queue') {
      this.#begin('checkout', '', elapsed);
      this.progress(percent, text, elapsed);
      return;
    }
    if (current.name === 'checkout' && CHECKED_OUT.test(text)) {
      this.#change({ share: 1 });
      this.#begin('launch', '', elapsed);
      return;
    }
    const [low, high] = RANGES[current.name] ?? [0, 0];
    const share = high === 0 ? undefined : Math.min(Math.max((percent - low) / (high - low), 0), 1);
    this.#change({ share });
  }

  #begin(name: StepName, detail: string, elapsed: number): void {
    if (this.#steps.at(-1)?.name === name) return;
    this.#end(elapsed);
    // Another world of the project begins where its loading does.
    const again = this.#steps.findIndex((step) => step.name === name);
    if (again !== -1) this.#steps.splice(again);
    const share = RANGES[name] === undefined ? undefined : 0;
    this.#steps.push({ name, title: TITLES[name], detail, begin: elapsed, end: undefined, share });
  }

  #end(elapsed: number): void {
    const last = this.#steps.at(-1);
    if (last === undefined || last.end !== undefined) return;
    this.#change({ end: elapsed, share: last.share === undefined ? undefined : 1 });
  }

  #change(change: Partial<StartStep>): void {
    const last = this.#steps.pop();
    if (last !== undefined) this.#steps.push({ ...last, ...change });
  }
}
