/** Most kinds of nodes that one notice names (our choice). */
const MOST_KINDS = 20;

/** Counts what a scene has that is not drawn, so that it can be told once. */
export class UnknownNodes {
  readonly #counts = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** All that was counted since the last time, in one line; nothing if that is nothing. */
  tell(onNotice: (text: string) => void): void {
    const kinds = [...this.#counts].map(([what, count]) => `${count} × ${what}`);
    if (kinds.length > 0) onNotice(`Not shown: ${kinds.slice(0, MOST_KINDS).join(', ')}`);
    this.clear();
  }

  clear(): void {
    this.#counts.clear();
  }
}
