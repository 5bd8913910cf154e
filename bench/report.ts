/** One measured figure beside the limit that it is held to. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  /** `×` for a ratio, `ms` for milliseconds. */
  readonly unit: '×' | 'ms';
  /** What was measured, with both sides. */
  readonly detail: string;
}

/** Prints the figures as a table; @returns whether all are within their limits */
export function printFigures(figures: readonly Figure[]): boolean {
  for (const { name, value, limit, unit, detail } of figures) {
    const isMet = value <= limit;
    const measured = `${value.toFixed(unit === '×' ? 2 : 1)} ${unit}`;
    console.log(`${isMet ? 'ok  ' : 'MISS'} ${name}: ${measured} (limit ${limit} ${unit})`);
    console.log(`     ${detail}`);
  }
  return figures.every(({ value, limit }) => value <= limit);
}

/** The value below which the fraction `quantile` of `values` lies. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const begin = performance.now();
  const result = await work();
  return { result, ms: performance.now() - begin };
}
