/** Seeds that failed once, and what was wrong. */
export const FAILED_SEEDS: readonly (readonly [seed: number, fault: string])[] = [];
