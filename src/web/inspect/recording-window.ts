import type { ActorView, Entry, RecordingPart } from '../../inspection/recording.ts';
import { type Actors, actorsAt, forgetEnded, replay, replayForgetting } from '../../inspection/replay.ts';

/** Entries that a page holds: our choice, more than the server's ten megabytes have as a rule. */
export const MOST_ENTRIES = 100_000;

/** Part of them that makes room at once, so that it happens seldom. */
const ROOM = 0.1;

/** What the page knows of a recording, and where the actors stood at any moment of it. */
export class RecordingWindow {
  startedOn: string | undefined;
  /** In the order of their numbers, between which there may be gaps. */
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
    if (this.entries.length > MOST_ENTRIES) this.#makeRoom();
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

  /** Index of the first entry after number `n`: how many there are up to it. */
  indexAfter(n: number): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle]!.n > n) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Number of the last of the first `count` entries; of none, one less than that of the first. */
  numberAt(count: number): number {
    return count <= 0 ? this.first - 1 : (this.entries[count - 1]?.n ?? this.last);
  }

  /** When the last entry up to number `n` was written, as `Entry.at`; when the first was, where there is none up to `n`. */
  timeAt(n: number): number {
    return this.entries[Math.max(0, this.indexAfter(n) - 1)]?.at ?? 0;
  }

  #makeRoom(): void {
    const gone = this.entries.splice(0, this.entries.length - MOST_ENTRIES * (1 - ROOM));
    const actors = actorsAt(this.#baseline, [], 0);
    for (const entry of gone) replayForgetting(actors, entry);
    const n = this.first - 1;
    if (this.#n < n) {
      this.#rebase([...actors.values()], n);
      return;
    }
    // What is asked for most, the last moment, stays at hand.
    this.#baseline = [...actors.values()];
    for (const entry of gone) forgetEnded(this.#actors, entry);
  }

  #rebase(baseline: readonly ActorView[], n: number): void {
    this.#baseline = baseline;
    this.#actors = actorsAt(baseline, [], 0);
    this.#n = n;
  }
}
