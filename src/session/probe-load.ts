import { fromPromise } from 'xstate';
import { createTextClient } from './get-text.ts';

/** Longest answer to `/load` that is read, in bytes: our choice; a number takes a few. */
export const MAX_LOAD_ANSWER = 1_024;

/** Longest part of an unusable answer that is repeated to the operator, in characters: our choice. */
const MAX_QUOTE = 40;

const LOAD = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Asks simulation servers for their load over connections that are kept. */
export interface LoadProbe {
  /**
   * The `probe` actor of `simulationServerMachine`: one `GET /load`. Resolves
   * to the load in percent; rejects with an error whose message says what was
   * wrong with the answer. Ends when the machine leaves the state: the machine
   * keeps the time.
   */
  readonly logic: ReturnType<typeof fromPromise<number, { entry: string }>>;
  /** Closes the connections that wait for the next probe. */
  close(): void;
}

/**
 * @param isTls whether the simulation servers are reached by https
 * @param onAnswer hears how long each usable answer took, in ms; the load counts when it resolves
 */
export function createLoadProbe(
  isTls: boolean,
  onAnswer: (entry: string, latency: number) => void | Promise<void> = () => {},
): LoadProbe {
  const client = createTextClient(isTls);

  return {
    logic: fromPromise(async ({ input, signal }) => {
      const begin = performance.now();
      const url = new URL(`http${isTls ? 's' : ''}://${input.entry}/load`);
      const load = readLoad(await client.getText(url, MAX_LOAD_ANSWER, signal));
      await onAnswer(input.entry, performance.now() - begin);
      return load;
    }),
    close: () => client.close(),
  };
}

/**
 * Reads the answer to `/load`: a decimal number, 0 or more, in percent.
 *
 * @throws Error for anything else
 */
export function readLoad(answer: string): number {
  const text = answer.trim();
  const load = LOAD.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(load))
    throw new Error(`Expected a decimal number, got ${JSON.stringify(text.slice(0, MAX_QUOTE))}`);
  return load;
}
