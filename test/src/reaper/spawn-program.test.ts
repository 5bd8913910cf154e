import { getPriority, tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgramEnd, SpawnedProgram, SpawnProgram } from '../../../src/reaper/program.ts';
import { spawnProgram } from '../../../src/reaper/spawn-program.ts';
import { hasProc, processesMarked } from '../../fixtures/process-traces.ts';
import { startReaper, type TestReaper } from '../../fixtures/reaper-process.ts';

let reaper: TestReaper;
beforeAll(async () => {
  reaper = await startReaper();
});
afterAll(() => reaper[Symbol.asyncDispose]());

const IMPLEMENTATIONS: readonly (readonly [string, SpawnProgram])[] = [
  ['in this process', spawnProgram],
  ['by the reaper process', (...args) => reaper.reaper.spawn(...args)],
];

describe.each(IMPLEMENTATIONS)('a program spawned %s', (_where, spawn) => {
  it('is heard: its number, what it writes, and last its exit code', async () => {
    const run = start(spawn, 'echo out; echo err >&2; exit 3');

    expect(await run.end).toEqual({ kind: 'exited', exitCode: 3, signal: null });
    expect(run.heard()).toEqual({ stdout: 'out\n', stderr: 'err\n', spawned: [expect.any(Number)], ends: 1 });
  });

  it('leads a group of its own, and carries the mark of its session and no more than it is given', async () => {
    const run = start(spawn, 'env; cut -d" " -f5 /proc/$$/stat 2>/dev/null || ps -o pgid= -p $$');

    await run.end;
    const lines = run.heard().stdout.trim().split('\n');
    expect(Number(lines.at(-1))).toBe(run.heard().spawned[0]);
    expect(lines).toContain(`WEBOTS_HUB_SESSION=${run.session}`);
    expect(lines.filter((line) => line.startsWith('HOME='))).toEqual([]);
  });

  it('has the processors after this process, and so has what it spawns', async () => {
    const niceness = Math.min(getPriority() + 10, 19);
    // It may look before it was made nice; it looks for 5 s at most.
    const run = start(spawn, `for i in $(seq 500); do [ $(nice) = ${niceness} ] && break; sleep 0.01; done; nice`);

    expect(await run.end).toMatchObject({ exitCode: 0 });
    expect(run.heard().stdout).toBe(`${niceness}\n`);
  });

  it('tells the signal that ended it', async () => {
    const run = start(spawn, 'echo up; sleep 1000');
    await run.wrote();

    run.program.signal('SIGTERM');

    expect(await run.end).toEqual({ kind: 'exited', exitCode: null, signal: 'SIGTERM' });
  });

  it('takes what it leaves in its group with it', async () => {
    const run = start(spawn, 'trap "" TERM; (sleep 1000 & sleep 1000) & echo up');

    expect(await run.end).toMatchObject({ exitCode: 0 });
    expect(hasProc ? await processesMarked('WEBOTS_HUB_SESSION', run.session) : []).toEqual([]);
  });

  it('has ended when it has exited, also where a process of another group holds its output open', async () => {
    const holder = 'require("child_process").spawn("sleep", ["1000"], { detached: true, stdio: "inherit" }).unref()';
    const run = start(spawn, `exec '${process.execPath}' -e '${holder}'`);

    expect(await run.end).toMatchObject({ exitCode: 0 });

    for (const pid of await processesMarked('WEBOTS_HUB_SESSION', run.session)) process.kill(pid);
  });

  it.each([
    ['is not there', { program: '/no/such/program' }, 'ENOENT'],
    ['has no folder to run in', { folder: '/no/such/folder' }, 'ENOENT'],
    ['is no program', { program: '/dev/null' }, 'EACCES'],
  ])('that %s is told as failed, with the code of the system', async (_what, change, code) => {
    const run = start(spawn, '', change);

    expect(await run.end).toMatchObject({ kind: 'failed', code });
    expect(run.heard().spawned).toEqual([]);
  });

  it('loses nothing of 5 MB that it writes just before its end', async () => {
    const run = start(spawn, 'head -c 5000000 /dev/zero | tr "\\0" x');

    await run.end;
    expect(run.heard().stdout).toHaveLength(5_000_000);
  });

  it('waits while what it writes is not taken', async () => {
    let isTaken = () => {};
    const taking = new Promise<void>((resolve) => {
      isTaken = resolve;
    });
    const run = start(spawn, 'echo first; head -c 1000000 /dev/zero >&2; exit 0', {}, (stream) =>
      stream === 'stdout' ? undefined : taking,
    );
    await run.wrote();

    isTaken();

    expect(await run.end).toMatchObject({ exitCode: 0 });
    expect(run.heard().stderr).toHaveLength(1_000_000);
  });
});

let serial = 0;

function start(
  spawn: SpawnProgram,
  script: string,
  change: { program?: string; folder?: string } = {},
  take: (stream: string) => void | Promise<void> = () => {},
) {
  const session = `spawn-program-test-${process.pid}-${serial++}`;
  const heard = { stdout: '', stderr: '', spawned: [] as number[], ends: 0 };
  let hasWritten = () => {};
  const written = new Promise<void>((resolve) => {
    hasWritten = resolve;
  });
  let program!: SpawnedProgram;
  const end = new Promise<ProgramEnd>((resolve) => {
    program = spawn(
      session,
      {
        program: '/bin/sh',
        arguments: ['-c', script],
        environment: { PATH: process.env.PATH ?? '' },
        folder: tmpdir(),
        ...change,
      },
      {
        onSpawned: (pid) => heard.spawned.push(pid),
        onOutput(stream, chunk) {
          heard[stream] += chunk.toString();
          hasWritten();
          return take(stream);
        },
        onEnded(ended) {
          heard.ends++;
          resolve(ended);
        },
      },
    );
  });
  return { session, program, end, heard: () => heard, wrote: () => written };
}
