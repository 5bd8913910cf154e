import { type LoadSample, loadOf } from '../../../machines/load-sample.ts';

/** One line of a chart. */
export interface Series {
  readonly label: string;
  figureOf(sample: LoadSample): number;
}

export interface ChartPlan {
  readonly title: string;
  readonly unit: string;
  /** The highest value on the axis; undefined for what the values need. */
  readonly most: number | undefined;
  readonly series: readonly Series[];
}

/** Everything that a `LoadSample` has, by its unit. */
export const CHARTS: readonly ChartPlan[] = [
  {
    title: 'Load and its parts, in percent',
    unit: '%',
    most: 100,
    series: [
      { label: 'Load', figureOf: loadOf },
      { label: 'CPU', figureOf: ({ cpu }) => cpu },
      { label: 'Memory', figureOf: ({ memory }) => memory },
      { label: 'Disk', figureOf: ({ disk }) => disk },
      { label: 'Swap', figureOf: ({ swap }) => swap },
      { label: 'GPU', figureOf: ({ gpu }) => gpu },
      { label: 'GPU memory', figureOf: ({ gpuMemory }) => gpuMemory },
      { label: 'GPU memory controller', figureOf: ({ gpuMemoryController }) => gpuMemoryController },
    ],
  },
  {
    title: 'Network, in MB/s',
    unit: '',
    most: undefined,
    series: [
      { label: 'Sent', figureOf: ({ networkSent }) => networkSent },
      { label: 'Received', figureOf: ({ networkReceived }) => networkReceived },
    ],
  },
];

/** Seconds on the charts: one a sample. */
export const CHART_SECONDS = 600;

/**
 * What a chart draws: seconds before now, the latest last, and the values of
 * each series at them; null where no sample is.
 */
export function chartData(plan: ChartPlan, history: readonly LoadSample[]): [number[], ...(number | null)[][]] {
  const missing = CHART_SECONDS - history.length;
  const times = Array.from({ length: CHART_SECONDS }, (_, index) => index - CHART_SECONDS + 1);
  const lines = plan.series.map(({ figureOf }) =>
    times.map((_, index) => {
      const sample = history[index - missing];
      return sample ? figureOf(sample) : null;
    }),
  );
  return [times, ...lines];
}
