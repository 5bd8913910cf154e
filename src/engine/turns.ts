import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time for which long work may keep the event loop, in ms (our choice: half a picture at 60 Hz). */
const TURN = 8;

/**
 * Does work that hands over between its slices; other work has its turn meanwhile.
 *
 * @param onSlice hears what the work hands over, once a turn
 */
export async function runInTurns<Slice, Result>(
  slices: Iterator<Slice, Result, undefined>,
  onSlice: (slice: Slice) => void = () => {},
): Promise<Result> {
  for (let start = performance.now(); ; ) {
    const { done, value } = slices.next();
    if (done) return value;
    if (performance.now() - start < TURN) continue;
    onSlice(value);
    await nextTurn();
    start = performance.now();
  }
}

/** Does such work at once. */
export function runAtOnce<Result>(slices: Iterator<unknown, Result, undefined>): Result {
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}
