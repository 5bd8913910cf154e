/** Who holds how much, by address. */
export class AddressShares<Holder> {
  readonly #holders = new Map<string, Set<Holder>>();

  add(address: string, holder: Holder): void {
    const share = this.#holders.get(address) ?? new Set();
    this.#holders.set(address, share.add(holder));
  }

  delete(address: string, holder: Holder): void {
    const share = this.#holders.get(address);
    share?.delete(holder);
    if (share?.size === 0) this.#holders.delete(address);
  }

  /**
   * Who has come first of the address that has most, where that has more than `address` would have with one more;
   * undefined where nobody has too much. Looks at each address once.
   */
  surplus(address: string): Holder | undefined {
    let largest = new Set<Holder>();
    for (const share of this.#holders.values()) if (share.size > largest.size) largest = share;
    const own = this.#holders.get(address)?.size ?? 0;
    if (largest.size <= own + 1) return undefined;
    const [first] = largest;
    return first;
  }
}
