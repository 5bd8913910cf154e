import { tmpdir } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { hasProcessTable } from '../../../src/reaper/process-table.ts';
import { readMeasures } from '../../../src/reaper/session-usage.ts';
import { startReaper, type TestReaper } from '../../fixtures/reaper-process.ts';

const BUSY = 'b'.repeat(32);
const IDLE = 'a'.repeat(32);

/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 20_000, interval: 50 };

/** Processor time in ms that is not a start's. */
const WORK = 3_000;

const MIB = 1_024 * 1_024;

describe.skipIf(!hasProcessTable)('the measure of sessions (only where there is a /proc)', () => {
  it('has processor time and memory of every process of a session, and of no other one', {
    timeout: 30_000,
  }, async () => {
    await using test = await startReaper();
    const burn = 'const hoard = Buffer.alloc(200 * 1024 * 1024, 1); for (;;) hoard[0]++;';
    // A child in a process group of its own, as a controller may be.
    const parent = `require("node:child_process").spawn(process.execPath, ["-e", "${burn}"], { detached: true }); setInterval(() => {}, 1000)`;
    run(test, BUSY, `exec '${process.execPath}' -e '${parent}'`);
    run(test, IDLE, 'while :; do sleep 1000; done');

    await vi.waitFor(async () => {
      const measures = await test.reaper.measureSessions([IDLE, BUSY, 'none']);
      expect([...measures.keys()]).toEqual([IDLE, BUSY, 'none']);
      expect(measures.get(BUSY)!.cpuTime).toBeGreaterThan(WORK);
      expect(measures.get(BUSY)!.memory).toBeGreaterThan(200 * MIB);
      expect(measures.get(IDLE)!.cpuTime).toBeLessThan(WORK);
      expect(measures.get(IDLE)!.memory).toBeGreaterThan(0);
      expect(measures.get(IDLE)!.memory).toBeLessThan(50 * MIB);
      expect(measures.get('none')).toMatchObject({ cpuTime: 0, memory: 0 });
    }, BOUND);

    for (const session of [BUSY, IDLE]) await test.reaper.reap(session, 5_000);
    expect((await test.reaper.measureSessions([BUSY])).get(BUSY)).toMatchObject({ cpuTime: 0, memory: 0 });
  });

  it('counts what children had that have ended', { timeout: 30_000 }, async () => {
    await using test = await startReaper();
    run(test, BUSY, `'${process.execPath}' -e 'while (process.cpuUsage().user < 1e6);'; while :; do sleep 1000; done`);

    await vi.waitFor(async () => {
      const { cpuTime, memory } = (await test.reaper.measureSessions([BUSY])).get(BUSY)!;
      // Only the shell and its sleep are left.
      expect(memory).toBeLessThan(20 * MIB);
      expect(cpuTime).toBeGreaterThanOrEqual(1_000);
    }, BOUND);

    await test.reaper.reap(BUSY, 5_000);
  });
});

describe('readMeasures', () => {
  it('knows nothing where the system does not tell', () => {
    expect(readMeasures(['a'], [])).toEqual(new Map());
  });
});

function run({ reaper }: TestReaper, session: string, script: string): void {
  const environment = { PATH: process.env.PATH ?? '' };
  const command = { program: '/bin/sh', arguments: ['-c', script], environment, folder: tmpdir() };
  reaper.spawn(session, command, { onOutput() {}, onEnded() {} });
}
