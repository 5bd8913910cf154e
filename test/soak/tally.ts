/** How often what happened. */
export class Tally {
  readonly #title: string;
  readonly #counts = new Map<string, number>();

  constructor(title: string) {
    this.#title = title;
  }

  add(name: string): void {
    this.#counts.set(name, this.count(name) + 1);
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  print(print: (line: string) => void): void {
    print(`\n${this.#title}:`);
    for (const [name, count] of [...this.#counts].sort(([a], [b]) => a.localeCompare(b))) {
      print(`${String(count).padStart(8)}  ${name}`);
    }
  }
}
