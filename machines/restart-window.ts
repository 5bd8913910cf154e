/** How many restarts are too many. */
export interface Intensity {
  /** Most restarts within `period`; Infinity for no limit. */
  readonly intensity: number;
  /** In ms. */
  readonly period: number;
}

/** Waits before consecutive restarts of one child: `initial`, then `factor` times longer each, up to `max`. */
export interface Backoff {
  /** First wait, in ms; at least 1. */
  readonly initial: number;
  /** At least 1; default 2. */
  readonly factor?: number;
  /** Longest wait, in ms; default 30,000. */
  readonly max?: number;
  /** A child that ran for this long, in ms, starts over with `initial`; default: the supervisor's `period`. */
  readonly resetAfter?: number;
}

export interface RestartWindow {
  /** When restarts took place, ascending; never more than `intensity + 1` of them. */
  readonly restarts: readonly number[];
  /** True if that is more than `intensity`. */
  readonly isExceeded: boolean;
}

/**
 * Counts one more restart, at `now`, as `add_restart` in OTP's `supervisor.erl` does: a restart belongs to the
 * window as long as `restart + period >= now`.
 */
export function addRestart(restarts: readonly number[], now: number, { intensity, period }: Intensity): RestartWindow {
  if (intensity === Infinity) return { restarts: [], isExceeded: false };
  const recent = [...restarts.filter((restart) => restart + period >= now), now];
  return { restarts: recent.slice(-(intensity + 1)), isExceeded: recent.length > intensity };
}

/** How often a child has failed in a row, counted from 1 again if it ran for `resetAfter` ms before this failure. */
export function countFailures(before: number, ranFor: number, resetAfter: number): number {
  return ranFor >= resetAfter ? 1 : before + 1;
}

/** The wait in ms before the restart that follows the given number of failures in a row, at least 1. */
export function backoffDelay(
  failures: number,
  { initial, factor, max }: Omit<Required<Backoff>, 'resetAfter'>,
): number {
  return Math.min(max, initial * factor ** (failures - 1));
}
