import { type Count, count, settledCount } from './counts.ts';
import type { Server } from './server.ts';

/** What must be the same at the end as at the start. */
const COUNTED = ['processes', 'ports', 'folders', 'sockets', 'timers', 'actors', 'files'] as const;

/**
 * Bytes by which the heap of a server may be larger at the end: our choice. V8 keeps compiled code and its own
 * tables, which grow to some size and stay there; a leak of 16 KiB in each of 1,000 sessions is above it.
 */
const HEAP_GROWTH = 16 * 2 ** 20;

/** Longest wait for servers to hold what they held, in ms: our choice, above the longest of their own waits. */
const SETTLE_BOUND = 60_000;

/** Counts what servers hold, and prints it in a table. */
export class Balance {
  readonly #servers: readonly Server[];
  readonly #print: (line: string) => void;
  #start: readonly Count[] = [];

  constructor(servers: readonly Server[], print: (line: string) => void) {
    this.#servers = servers;
    this.#print = print;
  }

  async open(): Promise<void> {
    this.#start = await this.#settle(isQuiet);
    this.#print(cells(['time', 'visits', 'server', ...COUNTED, 'heap MiB']));
    this.#printRows('start', 0, this.#start);
  }

  /** A look at what is held while clients come and go; a server that is down is left out. */
  async look(label: string, visits: number): Promise<void> {
    const looks = this.#servers.map((server) => count(server).catch(() => undefined));
    this.#printRows(label, visits, await Promise.all(looks));
  }

  /** @returns what is not as it was, also after a bounded wait */
  async close(visits: number): Promise<string[]> {
    const end = await this.#settle((counts) => isQuiet(counts) && this.#differences(counts).length === 0);
    this.#printRows('end', visits, end);
    return this.#differences(end);
  }

  async #settle(isSettled: (counts: readonly Count[]) => boolean): Promise<Count[]> {
    for (const deadline = performance.now() + SETTLE_BOUND; ; ) {
      const counts = await Promise.all(this.#servers.map((server) => settledCount(server)));
      if (isSettled(counts) || performance.now() > deadline) return counts;
    }
  }

  #differences(end: readonly Count[]): string[] {
    return this.#servers.flatMap(({ name }, index) => {
      const [before, after] = [this.#start[index]!, end[index]!];
      const strays = COUNTED.filter((key) => after[key] !== before[key]).map(
        (key) => `${name}: expected ${before[key]} ${key} at the end, found ${after[key]}`,
      );
      const growth = after.heap - before.heap;
      if (growth <= HEAP_GROWTH) return strays;
      return [...strays, `${name}: expected the heap to grow by ${HEAP_GROWTH} bytes at most, found ${growth}`];
    });
  }

  #printRows(label: string, visits: number, counts: readonly (Count | undefined)[]): void {
    for (const [index, { name }] of this.#servers.entries()) {
      const found = counts[index];
      const figures = found ? [...COUNTED.map((key) => found[key]), (found.heap / 2 ** 20).toFixed(1)] : ['down'];
      this.#print(cells([label, visits, name, ...figures]));
    }
  }
}

/** Whether nothing is left of any session. */
function isQuiet(counts: readonly Count[]): boolean {
  return counts.every(({ folders, ports }) => folders === 0 && ports === 1);
}

function cells(values: readonly unknown[]): string {
  return values.map((value) => String(value).padStart(9)).join(' ');
}
