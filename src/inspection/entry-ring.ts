import type { ActorView, Entry, Fact } from './recording.ts';
import { type Actors, replayForgetting } from './replay.ts';

/**
 * Most bytes of all entries: our choice, some tens of thousands of them. With what is known of a thousand living
 * sessions it comes to some 10 MB of heap (`bench/inspection.ts`).
 */
export const MOST_BYTES = 6_000_000;

/** What an entry takes in memory beside its text, in bytes: a string's header, its place in a list, and their growth. */
const OVERHEAD = 64;

/** Entries given up before the list is copied without them: our choice, so that copying costs nearly nothing. */
const COMPACT_AFTER = 4_096;

/** Entries in bounded memory: the oldest make room, and what they told of the actors is kept. */
export class EntryRing {
  readonly #mostBytes: number;
  readonly #texts: string[] = [];
  /** Where the actors stood before the first entry that is kept. */
  readonly #baseline: Actors = new Map();
  #dropped = 0;
  #last = 0;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** Number of the first entry that is kept; one more than `last` where none is. */
  get first(): number {
    return this.#last - this.size + 1;
  }

  get last(): number {
    return this.#last;
  }

  get size(): number {
    return this.#texts.length - this.#dropped;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(at: number, fact: Fact): Entry {
    this.#last++;
    const entry = { n: this.#last, at, ...fact } as Entry;
    const text = JSON.stringify(entry);
    this.#texts.push(text);
    this.#bytes += text.length + OVERHEAD;
    while (this.#bytes > this.#mostBytes && this.size > 1) this.#drop();
    return entry;
  }

  baseline(): ActorView[] {
    return [...this.#baseline.values()];
  }

  /** The entries after number `n`, as JSON, `most` at most. */
  after(n: number, most = Number.POSITIVE_INFINITY): string[] {
    const start = this.#dropped + Math.max(0, n + 1 - this.first);
    return this.#texts.slice(start, most === Number.POSITIVE_INFINITY ? undefined : start + most);
  }

  clear(): void {
    this.#texts.length = 0;
    this.#baseline.clear();
    this.#dropped = 0;
    this.#last = 0;
    this.#bytes = 0;
  }

  #drop(): void {
    const text = this.#texts[this.#dropped]!;
    this.#texts[this.#dropped] = '';
    this.#dropped++;
    this.#bytes -= text.length + OVERHEAD;
    const entry = JSON.parse(text) as Entry;
    replayForgetting(this.#baseline, entry);
    if (this.#dropped < COMPACT_AFTER) return;
    this.#texts.splice(0, this.#dropped);
    this.#dropped = 0;
  }
}
