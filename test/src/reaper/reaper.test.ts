import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findProcess, hasProcessTable, isRunning } from '../../../src/reaper/process-table.ts';
import type { ProgramEnd, SpawnedProgram } from '../../../src/reaper/program.ts';
import type { Reaper } from '../../../src/reaper/reaper.ts';
import { findTether } from '../../../src/reaper/tether.ts';
import { processesMarked } from '../../fixtures/process-traces.ts';
import { startReaper } from '../../fixtures/reaper-process.ts';

const SESSION = 'c'.repeat(32);

/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 20_000, interval: 10 };

const canTether = (await findTether()).length > 0;

let projects: string;
let folder: string;

beforeEach(async () => {
  projects = await mkdtemp(join(tmpdir(), 'reaper-test-'));
  folder = join(projects, 'instances', SESSION);
});
afterEach(() => rm(projects, { recursive: true }));

describe.skipIf(!hasProcessTable)('the reaper process (only where there is a /proc)', () => {
  it('ends what a session runs, in its group and in groups of their own', async () => {
    await using test = await startReaper(projects);
    await startFamily(test.reaper);
    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toHaveLength(3);

    await test.reaper.reap(SESSION, 5_000);

    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
  });

  it('ends and removes what a concluded session holds as soon as its last program exits', async () => {
    await using test = await startReaper(projects);
    await holdFolder(test.reaper);
    const other = spawn(test.reaper, 'trap "" TERM; echo up; while :; do sleep 1000; done');
    await vi.waitFor(() => expect(other.output()).toBe('up\n'), BOUND);
    const family = await startFamily(test.reaper);

    test.reaper.conclude(SESSION);
    other.program.signal('SIGKILL');
    await other.end;
    expect(await readdir(folder)).toEqual(['file']);
    family.program.signal('SIGKILL');
    await family.end;

    await vi.waitFor(async () => expect(await readdir(join(projects, 'instances'))).toEqual([]), BOUND);
    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
    await test.reaper.reap(SESSION, 5_000);
    await test.reaper.removeFolder(folder);
  });

  it('leaves a session that was not concluded what its programs leave', async () => {
    await using test = await startReaper(projects);
    await holdFolder(test.reaper);
    const family = await startFamily(test.reaper);

    family.program.signal('SIGKILL');
    await family.end;

    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['file']);
    await test.reaper.reap(SESSION, 5_000);
  });

  it('tells how much is in a folder', async () => {
    await using test = await startReaper(projects);
    await holdFolder(test.reaper);
    await writeFile(join(folder, 'larger'), '12345');

    expect(await test.reaper.measureFolder(folder, { bytes: 100, count: 100 })).toEqual({ bytes: 5, count: 2 });
  });

  it('ends everything that sessions hold when its server is gone', async () => {
    const test = await startReaper(projects);
    await holdFolder(test.reaper);
    await startFamily(test.reaper);

    await test.close();

    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
    expect(await readdir(join(projects, 'instances'))).toEqual([]);
    expect(await readdir(join(projects, 'ledger'))).toEqual([]);
  });

  it('that is killed costs the programs that it watched, which the next one ends', async () => {
    await using test = await startReaper(projects);
    await holdFolder(test.reaper);
    const { end } = await startFamily(test.reaper);

    process.kill(test.pid(), 'SIGKILL');
    await expect(test.running()).rejects.toThrow('it ended with SIGKILL');
    expect(await end).toEqual({ kind: 'exited', exitCode: null, signal: null });
    const reaped = test.reaper.reap(SESSION, 5_000);
    await test.restart();

    await reaped;
    expect(test.ended).toEqual([[], []]);
    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
    await test.close();
    expect(await readdir(join(projects, 'instances'))).toEqual([]);
  });

  it.skipIf(!canTether)(
    'that is killed takes what it has spawned with it (only where there is a setpriv)',
    async () => {
      await using test = await startReaper(projects);
      const run = spawn(test.reaper, 'trap "" TERM; echo $$; while :; do sleep 1000; done');
      await vi.waitFor(() => expect(run.output()).toMatch(/\n$/), BOUND);
      const program = findProcess(Number(run.output()))!;

      process.kill(test.pid(), 'SIGKILL');

      await vi.waitFor(() => expect(isRunning(program)).toBe(false), BOUND);
      await test.running().catch(() => {});
      await test.restart();
      await test.reaper.reap(SESSION, 5_000);
    },
  );

  it('that takes the place of one that was killed ends what that has left, without being asked', async () => {
    await using test = await startReaper(projects);
    await holdFolder(test.reaper);
    await startFamily(test.reaper);

    process.kill(test.pid(), 'SIGKILL');
    await test.running().catch(() => {});
    await test.restart();

    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('ends everything also where its server is gone before it has begun', async () => {
    const test = await startReaper(projects);
    await holdFolder(test.reaper);
    await startFamily(test.reaper);
    process.kill(test.pid(), 'SIGKILL');
    await test.running().catch(() => {});

    await test.reaper.run(AbortSignal.abort());

    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
    expect(await readdir(join(projects, 'instances'))).toEqual([]);
  });

  it('does not spawn what was told to end while none ran', async () => {
    await using test = await startReaper(projects);
    process.kill(test.pid(), 'SIGKILL');
    await test.running().catch(() => {});
    const run = spawn(test.reaper, 'sleep 1000');

    run.program.signal('SIGTERM');

    expect(await run.end).toEqual({ kind: 'exited', exitCode: null, signal: null });
    await test.restart();
    expect(await spawn(test.reaper, 'exit 7').end).toMatchObject({ exitCode: 7 });
    expect(await processesMarked('WEBOTS_HUB_SESSION', SESSION)).toEqual([]);
  });

  it('spawns what was asked for while none ran', async () => {
    await using test = await startReaper(projects);
    process.kill(test.pid(), 'SIGKILL');
    await test.running().catch(() => {});
    const run = spawn(test.reaper, 'exit 7');

    await test.restart();

    expect(await run.end).toEqual({ kind: 'exited', exitCode: 7, signal: null });
  });

  it('notes down what a session holds before it is told so, and strikes it out when it is over', async () => {
    await using test = await startReaper(projects);
    await test.reaper.hold(SESSION, { folder });
    await test.reaper.hold(SESSION, { port: 2_001 });

    expect(await readdir(join(projects, 'ledger'))).toEqual([`${SESSION}.json`]);

    await test.reaper.forget(SESSION);
    expect(await readdir(join(projects, 'ledger'))).toEqual([]);
  });

  it('tells the code of the system where it cannot note down', async () => {
    await using test = await startReaper(projects);
    await rm(join(projects, 'ledger'), { recursive: true });

    await expect(test.reaper.hold(SESSION, { folder })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not ended by what ends the processes of its terminal', async () => {
    await using test = await startReaper(projects);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(test.pid(), signal);

    expect(await spawn(test.reaper, 'exit 0').end).toMatchObject({ exitCode: 0 });
  });

  it('tells on which ports a session listens', async () => {
    await using test = await startReaper(projects);
    const listen =
      'require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })';
    const run = spawn(test.reaper, `exec '${process.execPath}' -e '${listen}'`);
    await vi.waitFor(() => expect(run.output()).toMatch(/\n$/), BOUND);

    expect(await test.reaper.listeningPorts(SESSION)).toEqual([Number(run.output())]);
    expect(await test.reaper.listeningPorts('another')).toEqual([]);

    await test.reaper.reap(SESSION, 5_000);
  });
});

async function holdFolder(reaper: Reaper): Promise<void> {
  await reaper.hold(SESSION, { folder });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'file'), '');
}

/** A program that ignores SIGTERM, with a child in its group and one in a session of its own. */
async function startFamily(reaper: Reaper) {
  const child = '["-e", "process.on(`SIGTERM`, () => {}); setInterval(() => {}, 1000)"]';
  const parent = `const { spawn } = require("node:child_process");
    for (const detached of [true, false]) spawn(process.execPath, ${child}, { detached });
    process.on("SIGTERM", () => {});
    console.log("up");
    setInterval(() => {}, 1000);`;
  const run = spawn(reaper, `exec '${process.execPath}' -e '${parent}'`);
  await vi.waitFor(() => expect(run.output()).toBe('up\n'), BOUND);
  return run;
}

function spawn(reaper: Reaper, script: string) {
  let output = '';
  let program!: SpawnedProgram;
  const end = new Promise<ProgramEnd>((resolve) => {
    program = reaper.spawn(
      SESSION,
      {
        program: '/bin/sh',
        arguments: ['-c', script],
        environment: { PATH: process.env.PATH ?? '' },
        folder: tmpdir(),
      },
      {
        onOutput(_, chunk) {
          output += chunk;
        },
        onEnded: resolve,
      },
    );
  });
  return { program, end, output: () => output };
}
