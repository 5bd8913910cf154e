/** Nodes of one type that are not shown. */
export interface Omission {
  readonly type: string;
  /** Why not, as people read it behind "not shown: …, ". */
  readonly obstacle: string;
  /** How many there are. */
  readonly count: number;
  /** For how many of them a box stands. */
  readonly boxCount: number;
}

/** Counts what is not shown, by type and reason. */
export class Omissions {
  readonly #omissions = new Map<string, Omission>();

  get all(): readonly Omission[] {
    return [...this.#omissions.values()];
  }

  add(type: string, obstacle: string, isBoxed = false): void {
    const key = `${type}\n${obstacle}`;
    const { count, boxCount } = this.#omissions.get(key) ?? { count: 0, boxCount: 0 };
    this.#omissions.set(key, { type, obstacle, count: count + 1, boxCount: boxCount + Number(isBoxed) });
  }
}
