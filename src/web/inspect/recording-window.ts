import type { ActorView, Entry, RecordingPart } from '../../inspection/recording.ts';
import { type Actors, actorsAt, replay } from '../../inspection/replay.ts';

/** Entries that a page holds: our choice, more than the server's ten megabytes have as a rule. */
const MOST_ENTRIES = 100_000;

/** Part of them that makes room at once, so that it happens seldom. */
const ROOM = 0.1;

/** What the page knows of a recording, and where the actors stood at any moment of it. */
export class RecordingWindow {
  startedOn: string | undefined;
  entries: Entry[] = [];
  #baseline: readonly ActorView[] = [];
  /** Where the actors stood after entry `#n`: the moment that was asked for last. */
  #actors: Actors = new Map();
  #n = 0;

  get first(): number {
    return this.entries[0]?.n ?? 1;
  }

  get last(): number {
    return this.entries.at(-1)?.n ?? 0;
  }

  add({ startedOn, isAnew, baseline, entries }: RecordingPart): void {
    if (isAnew) {
      this.startedOn = startedOn;
      this.entries = [];
      this.#rebase(baseline, (entries[0]?.n ?? 1) - 1);
    }
    // Spreading a long list as arguments would overflow the stack.
    for (const entry of entries) this.entries.push(entry);
    if (this.entries.length <= MOST_ENTRIES) return;
    const gone = this.entries.splice(0, this.entries.length - MOST_ENTRIES * (1 - ROOM));
    const baselineNow = actorsAt(this.#baseline, gone, Number.POSITIVE_INFINITY);
    this.#rebase([...baselineNow.values()], gone.at(-1)?.n ?? 0);
  }

  /** Where the actors stood after entry `n`; not to be changed. */
  actorsAt(n: number): Actors {
    if (n < this.#n) {
      this.#actors = actorsAt(this.#baseline, this.entries, n);
    } else {
      for (let index = this.indexAfter(this.#n); index < this.entries.length; index++) {
        const entry = this.entries[index]!;
        if (entry.n > n) break;
        replay(this.#actors, entry);
      }
    }
    this.#n = n;
    return this.#actors;
  }

  /** Index of the first entry after number `n`. */
  indexAfter(n: number): number {
    return Math.max(0, n + 1 - this.first);
  }

  #rebase(baseline: readonly ActorView[], n: number): void {
    this.#baseline = baseline;
    this.#actors = actorsAt(baseline, [], 0);
    this.#n = n;
  }
}
