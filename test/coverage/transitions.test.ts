import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { chartOf } from '../../src/statecharts/chart.ts';
import { TRANSITIONS_FOLDER } from '../fixtures/transition-recorder.mjs';
import { coverageGaps, coverageOf, coverageTable } from './transitions.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PRELOAD = join(ROOT, 'test/fixtures/record-program.mjs');

const machine = setup({ guards: { isOpen: () => false }, delays: { pause: 5 } }).createMachine({
  id: 'walker',
  initial: 'resting',
  on: { stop: '.gone' },
  states: {
    resting: { on: { go: [{ guard: 'isOpen', target: 'walking' }, { target: 'walking.slowly' }], sigh: {} } },
    walking: {
      initial: 'slowly',
      states: { slowly: { always: { guard: 'isOpen', target: 'fast' }, after: { pause: 'fast' } }, fast: {} },
    },
    gone: { type: 'final' },
  },
});

/** A program that walks, and is killed before it could do anything at its end. */
const PROGRAM = `
import { createActor, createMachine, setup } from 'xstate';
const machine = setup({ guards: { isOpen: () => false }, delays: { pause: 5 } }).createMachine(${JSON.stringify(machine.config)});
const actor = createActor(machine).start();
for (const type of ['sigh', 'go', 'sigh', 'stop']) actor.send({ type });
process.kill(process.pid, 'SIGKILL');
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coverage-'));
  await Promise.all([mkdir(join(folder, 'dist/src'), { recursive: true }), mkdir(join(folder, 'taken'))]);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});

afterEach(() => rm(folder, { recursive: true }));

describe('coverage of transitions', () => {
  it('names each transition that was not taken, by its state, event, guard and target', () => {
    const coverage = coverageOf({ machine, file: 'walker', chart: chartOf(machine, { pause: 5 }) }, new Set());

    expect(coverage).toEqual({
      machine: 'walker',
      all: 6,
      missing: [
        'in any state: stop → gone',
        'resting: go [isOpen] → walking',
        'resting: go → walking.slowly',
        'resting: sigh → stays',
        'walking.slowly: after pause (5 ms) → walking.fast',
        'walking.slowly: always [isOpen] → walking.fast',
      ],
    });
    expect(coverageGaps([coverage]).split('\n')[0]).toBe('transition not taken: walker: in any state: stop → gone');
    expect(coverageTable([coverage])).toBe('walker           0 of 6\nall machines     0 of 6\n');
  });

  it('knows what a program took that was killed', async () => {
    const taken = await takenBy('dist/src/main.js');

    const { missing } = coverageOf({ machine, file: 'walker', chart: chartOf(machine) }, new Set(taken));
    expect(missing).toEqual([
      'resting: go [isOpen] → walking',
      'walking.slowly: after pause → walking.fast',
      'walking.slowly: always [isOpen] → walking.fast',
    ]);
    expect(taken).toHaveLength(3);
  });

  it('leaves programs alone that are not this one', async () => {
    expect(await takenBy('dist/src/other.js')).toEqual([]);
  });
});

/** Lines of what a program wrote of itself. */
async function takenBy(name: string): Promise<string[]> {
  await writeFile(join(folder, name), PROGRAM);
  const environment = { ...process.env, NODE_OPTIONS: '', [TRANSITIONS_FOLDER]: join(folder, 'taken') };
  const { signal } = spawnSync(process.execPath, ['--import', PRELOAD, join(folder, name)], { env: environment });
  expect(signal).toBe('SIGKILL');
  const files = await readdir(join(folder, 'taken'));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, 'taken', file), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter(Boolean));
}
