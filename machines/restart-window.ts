/** How many restarts are too many. */
export interface Intensity {
  /** Most restarts within `period`. */
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
