import { CHART_POINTS, CHART_TIME } from '../monitor/messages.ts';

/** Time in ms that one point stands for. */
const STEP = CHART_TIME / CHART_POINTS;

/** The loads of one server over the time of a chart, in bounded memory: the highest within each step. */
export class LoadHistory {
  #points: (number | null)[] = Array(CHART_POINTS).fill(null);
  /** Number of the step of the last point. */
  #step = 0;

  /**
   * @param now ms on a clock that is never set
   * @param load percent
   */
  record(now: number, load: number): void {
    this.#advance(now);
    this.#points[CHART_POINTS - 1] = Math.max(load, this.#points.at(-1) ?? 0);
  }

  /** `CHART_POINTS` loads, the latest last; null where none was recorded. */
  points(now: number): readonly (number | null)[] {
    this.#advance(now);
    return this.#points;
  }

  #advance(now: number): void {
    const step = Math.floor(now / STEP);
    const passed = Math.min(step - this.#step, CHART_POINTS);
    if (passed <= 0) return;
    this.#points = [...this.#points.slice(passed), ...Array<null>(passed).fill(null)];
    this.#step = step;
  }
}
