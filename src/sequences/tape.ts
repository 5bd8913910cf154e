import { setTimeout as delay } from 'node:timers/promises';

/** Who takes part, from the left of a diagram to its right. */
export const PARTIES = {
  client: 'web client',
  session: 'session server',
  simulation: 'simulation server',
  git: 'git server',
  engine: 'engine',
} as const;

export type Party = keyof typeof PARTIES;

/** What was said or done, as a tap tells it. */
export interface Happening {
  readonly from: Party;
  /** Undefined for what happens at `from` alone. */
  readonly to?: Party;
  readonly text: string;
  /** An arrow that answers, or that breaks off; a plain one if not said. */
  readonly kind?: 'answer' | 'break';
  /** Happenings of one series that follow each other on their way are kept as one. */
  readonly series?: string;
  /** How often it happens in its series is chance: it is shown as several times in any case. */
  readonly isOften?: boolean;
  /** Whether `to` comes to know it later, by `Tape.arrived`; at once if not said. */
  readonly isUnderway?: boolean;
  /** Whose life begins or ends with it. */
  readonly begins?: Party;
  readonly ends?: Party;
}

/** A happening on the tape. */
export interface Recorded extends Happening {
  /** How often it happened, in a series. */
  readonly count: number;
  /** What came before it of necessity: the sender did it or knew it, or it went the same way. */
  readonly causes: ReadonlySet<Recorded>;
}

type Draft = Recorded & { count: number };

/**
 * Longest wait for anything that is to be recorded, in ms: our choice, many times what an engine takes to start on a
 * machine that is busy.
 */
const PATIENCE = 20_000;

/** Pause between two looks at what no tap tells, in ms: our choice. */
const LOOK_INTERVAL = 10;

/**
 * Records what several parties do, and what of it depends on what: all taps are in one process, so that each happening
 * is on the tape after those that led to it, while those that have nothing to do with each other are in any order.
 *
 * Of the engine it is not known what it does first, its output or its stream: only that it answers what it was told.
 */
export class Tape {
  readonly #recorded: Draft[] = [];
  readonly #known = new Map<Party, Set<Recorded>>();
  readonly #underway = new Set<Recorded>();
  readonly #lastOnWay = new Map<string, Draft>();
  readonly #watchers = new Set<() => void>();

  /** All that has arrived where it was to arrive. */
  get recorded(): readonly Recorded[] {
    return this.#recorded.filter((recorded) => !this.#underway.has(recorded));
  }

  tell(happening: Happening): Recorded {
    const { from, to, series } = happening;
    const way = `${from} ${to ?? ''}`;
    const last = this.#lastOnWay.get(way);
    if (series !== undefined && last?.series === series) {
      last.count += 1;
      this.#look();
      return last;
    }
    const causes = new Set(this.#knownTo(from));
    if (last) causes.add(last);
    const recorded: Draft = { ...happening, count: 1, causes };
    this.#recorded.push(recorded);
    this.#lastOnWay.set(way, recorded);
    if (from !== 'engine' || to === undefined) this.#knownTo(from).add(recorded);
    if (happening.isUnderway) this.#underway.add(recorded);
    else this.arrived(recorded);
    this.#look();
    return recorded;
  }

  /**
   * Keeps a place for what `from` is about to do by itself, before all that it does meanwhile.
   *
   * @returns a function that tells what it was; without a call nothing is recorded
   */
  reserve(from: Party): (happening: Omit<Happening, 'from' | 'to'>) => void {
    const place = this.tell({ from, text: '', isUnderway: true });
    return (happening) => {
      Object.assign(place, happening);
      this.arrived(place);
      this.#look();
    };
  }

  /** `to` knows of it from now on. */
  arrived(recorded: Recorded): void {
    this.#underway.delete(recorded);
    if (recorded.to) this.#knownTo(recorded.to).add(recorded);
  }

  /** `party` knows all that is on the tape, and what the client sent it has arrived. */
  settle(party: Party): void {
    for (const recorded of this.#underway) if (recorded.to === party) this.arrived(recorded);
    for (const recorded of this.recorded) this.#knownTo(party).add(recorded);
  }

  /**
   * Resolves once `text` has gone this way so many times.
   *
   * @throws Error where it has not within 20 s
   */
  async heard(from: Party, to: Party | undefined, text: string, times = 1): Promise<void> {
    const hasCome = () => {
      const found = this.#recorded.filter((other) => other.from === from && other.to === to && other.text === text);
      return found.reduce((sum, { count }) => sum + count, 0) >= times;
    };
    if (hasCome()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (then: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        then();
      };
      const look = () => hasCome() && settle(resolve);
      const timer = setTimeout(() => {
        const got = this.#recorded.map((other) => `${other.from} → ${other.to ?? ''}: ${other.text}`).join('\n');
        settle(() => reject(new Error(`Expected "${text}" from ${from} to ${to ?? 'itself'}, got\n${got}`)));
      }, PATIENCE);
      this.#watchers.add(look);
    });
  }

  #knownTo(party: Party): Set<Recorded> {
    const known = this.#known.get(party) ?? new Set();
    this.#known.set(party, known);
    return known;
  }

  #look(): void {
    for (const look of this.#watchers) look();
  }
}

/** Resolves once the condition holds. @throws Error where it does not within 20 s; `what` says what was expected */
export async function holds(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Expected ${what} within ${PATIENCE} ms`);
    await delay(LOOK_INTERVAL);
  }
}
