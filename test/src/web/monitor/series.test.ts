import { describe, expect, it } from 'vitest';
import type { LoadSample } from '../../../../machines/load-sample.ts';
import { CHART_SECONDS, CHARTS, chartData } from '../../../../src/web/monitor/series.ts';

const sample: LoadSample = {
  cpu: 1,
  memory: 2,
  swap: 3,
  gpu: 4,
  gpuMemoryController: 5,
  gpuMemory: 6,
  disk: 7,
  networkSent: 8,
  networkReceived: 9,
};

describe('the charts', () => {
  it('draw everything that a sample has, and the load that it stands for', () => {
    const figures = CHARTS.flatMap(({ series }) => series.map(({ figureOf }) => figureOf(sample)));

    expect(figures.toSorted()).toEqual([...Object.values(sample), 4].toSorted());
  });

  it('put the latest sample at now, and nothing where there was none', () => {
    const [times, load] = chartData(CHARTS[0]!, [sample, { ...sample, cpu: 50 }]);

    expect([times[0], times.at(-1)]).toEqual([1 - CHART_SECONDS, 0]);
    expect([load!.length, load!.at(-3), load!.at(-2), load!.at(-1)]).toEqual([CHART_SECONDS, null, 4, 50]);
  });
});
