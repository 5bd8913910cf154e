import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { record } from '../../../src/sequences/record.ts';
import { SHOWN_MACHINES } from '../../../src/statecharts/machines.ts';
import { exportAll } from '../../../src/visualizations/export.ts';
import { isBuilt } from '../../fixtures/hub-program.ts';
import { hasProc } from '../../fixtures/process-traces.ts';

const FOLDER = new URL('../../../visualizations/', import.meta.url);

describe.skipIf(!isBuilt || !hasProc)('visualizations/ (needs a build and /proc)', () => {
  it('is what `npm run visualize` makes of the program now', async () => {
    const exported = await exportAll(SHOWN_MACHINES, await record());
    const found = new Map(readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]));

    expect([...found.keys()].sort()).toEqual([...exported.keys()].sort());
    for (const [name, content] of exported) {
      expect(found.get(name), `${name} is stale: npm run visualize`).toBe(content);
    }
  });
});
