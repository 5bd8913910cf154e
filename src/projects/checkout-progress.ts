import { MEBIBYTE, nameOf } from './checkout-failure.ts';
import type { WorldUrl } from './world-url.ts';

/** Least time between two updates within a step, in ms; our choice: what a person can follow. */
export const PROGRESS_INTERVAL = 250;

/** Steps in the order in which they come, with the words that a line shows. */
const STEPS = { asking: 'looking for', receiving: 'receiving', writing: 'writing', checking: 'checking' } as const;

export type ProgressStep = keyof typeof STEPS;

/** Tells how a checkout gets on, in lines that move the bar of the public web client. */
export interface CheckoutProgress {
  /** The connection is being made. */
  connecting(): void;
  /** A step begins, or gets on: `detail` is e.g. `45 % (12.3 MiB)`. Steps never go back. */
  step(step: ProgressStep, detail?: string): void;
  done(): void;
}

/**
 * Lines for one checkout. The web client's bar knows their beginnings: `Creating network` is 20 %, `Step a/b` (single
 * digits) is 20 + 65·a/(b+1) %, and a line that ends with `done` is 85 %.
 *
 * @param onProgress hears every new step, and updates of a step at most once in {@link PROGRESS_INTERVAL}
 * @param now monotonic time in ms
 */
export function checkoutProgress(
  world: WorldUrl,
  onProgress: (line: string) => void,
  now: () => number = () => performance.now(),
): CheckoutProgress {
  const names = Object.keys(STEPS);
  let current = -1;
  let lastUpdate = Number.NEGATIVE_INFINITY;

  return {
    connecting: () => onProgress(`Creating network connection to ${world.host}`),
    step(step, detail) {
      const index = names.indexOf(step);
      if (index < current || (index === current && now() - lastUpdate < PROGRESS_INTERVAL)) return;
      current = index;
      lastUpdate = now();
      const line = `Step ${index + 1}/${names.length} : ${STEPS[step]} ${nameOf(world)}`;
      onProgress(detail === undefined ? line : `${line}, ${detail}`);
    },
    done: () => onProgress(`Fetching ${nameOf(world)}: done`),
  };
}

/** A size in words, e.g. `12.3 MiB`. */
export function sizeInWords(bytes: number): string {
  return bytes < MEBIBYTE ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** Reads a line that git prints with `--progress`; undefined for a line that says nothing about getting on. */
export function readGitProgress(line: string): { step: ProgressStep; detail: string } | undefined {
  const [, phase, percent, size] =
    /^(Receiving objects|Updating files):\s+(\d{1,3})%(?: \(\d+\/\d+\)(?:, (\d[\d.]* [KMG]?i?B|\d+ bytes))?)?/.exec(
      line,
    ) ?? [];
  if (phase === undefined) return undefined;
  const detail = size === undefined ? `${percent} %` : `${percent} % (${size})`;
  return { step: phase === 'Receiving objects' ? 'receiving' : 'writing', detail };
}
