/** Pairs of neighbours of lists that −1 separates; what names no point is left out. */
export function segmentsOf(coordIndex: readonly number[], count: number): number[] {
  const isPoint = (index: number | undefined) => index !== undefined && index >= 0 && index < count;
  return coordIndex.flatMap((index, at) => {
    const next = coordIndex[at + 1];
    return isPoint(index) && isPoint(next) ? [index, next!] : [];
  });
}
