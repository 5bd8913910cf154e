import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { chartOf, statesOf } from '../../../src/statecharts/chart.ts';
import { idOf } from '../../../src/statecharts/dot.ts';
import { exportCharts } from '../../../src/statecharts/export.ts';
import { SHOWN_MACHINES } from '../../../src/statecharts/machines.ts';

const MACHINES = new URL('../../../machines/', import.meta.url);

const exported = await exportCharts(SHOWN_MACHINES);

describe('the charts', () => {
  it('are the same each time that they are drawn', async () => {
    expect(await exportCharts(SHOWN_MACHINES)).toEqual(exported);
  });

  it('leave no machine out', () => {
    const files = readdirSync(MACHINES).filter((name) =>
      /createMachine\(/.test(readFileSync(new URL(name, MACHINES), 'utf8')),
    );

    expect(SHOWN_MACHINES.map(({ file }) => `${file}.ts`).sort()).toEqual(files.sort());
  });
});

describe.each(SHOWN_MACHINES.map((shown) => [shown.chart.id, shown] as const))(
  'the chart of %s',
  (_, { chart, file }) => {
    const states = statesOf(chart.root);

    it('says of each state when it holds', () => {
      expect(chart.description).not.toBe('');
      expect(states.filter(({ path, description }) => path !== '' && description === '')).toEqual([]);
    });

    it('is drawn with a box for each state, and a title for those who do not see it', () => {
      const svg = exported.get(`${file}.svg`)!;

      expect(svg).toMatch(/^<svg role="img" [^>]*>\n<title>Statechart of \w+<\/title>/);
      for (const { path } of states) if (path !== '') expect(svg).toContain(`id="${idOf(path)}"`);
    });

    it('comes back from its JSON, but for the lengths of its waits', () => {
      const machine = createMachine(JSON.parse(exported.get(`${file}.json`)!));
      const timeless = JSON.parse(JSON.stringify(chart).replaceAll(/(after \w+) \([^)]*\)/g, '$1'));

      expect(JSON.parse(JSON.stringify(chartOf(machine)))).toEqual(timeless);
    });
  },
);
