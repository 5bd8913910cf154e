import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GroupCommand, MAX_OUTPUT, runGroup } from '../../../src/projects/process-group.ts';
import { spawnProgram } from '../../../src/reaper/spawn-program.ts';
import { hasProc, processesMarked } from '../../fixtures/process-traces.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'group-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

describe('runGroup', () => {
  it('returns the status, the output and the end of the errors', async () => {
    const lines: string[] = [];

    const result = await run('echo out; printf "one\\rtwo\\nhalf" >&2; exit 3', {
      onErrorLine: (line) => lines.push(line),
    });

    expect(result).toEqual({ status: 3, output: Buffer.from('out\n'), errors: 'one\rtwo\nhalf' });
    expect(lines).toEqual(['one', 'two']);
  });

  it('returns no status for a program that a signal ended', async () => {
    expect(await run('kill -KILL $$')).toMatchObject({ status: null });
  });

  it('rejects when the program cannot be started', async () => {
    await expect(run('', { program: '/no/such/program' })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('rejects, and ends the program, when it writes without end', async () => {
    await expect(run(`head -c ${MAX_OUTPUT + 1} /dev/zero; sleep 1000`)).rejects.toThrow(RangeError);
    expect(await left()).toEqual([]);
  });

  it('gives the program no more of the environment than it is told', async () => {
    const { output } = await run('env');

    expect(output.toString()).not.toContain('HOME=');
    expect(output.toString()).toContain(`GROUP=${cwd}`);
  });

  it.each([
    ['obeys', ''],
    ['ignores SIGTERM', 'trap "" TERM; '],
  ])('ends every process of a group that %s before it rejects with the reason', async (_what, trap) => {
    const abort = new AbortController();
    const reason = new Error('left');
    const started = new AbortController();
    const running = run(
      `${trap}(${trap}sleep 1000; sleep 1000) & (sleep 1000; sleep 1000) & echo up >&2; wait; wait; sleep 1000`,
      {
        signal: abort.signal,
        onErrorLine: () => started.abort(),
      },
    );
    const outcome = expect(running).rejects.toBe(reason);

    await once(started.signal, 'abort');
    abort.abort(reason);

    await outcome;
    expect(await left()).toEqual([]);
  });

  it('ends what a program leaves running behind it', async () => {
    expect(await run('sleep 1000 & exit 0')).toMatchObject({ status: 0 });
    expect(await left()).toEqual([]);
  });
});

function run(script: string, options: Partial<GroupCommand> = {}) {
  return runGroup({
    program: '/bin/sh',
    args: ['-c', script],
    cwd,
    env: { PATH: process.env.PATH!, GROUP: cwd },
    session: cwd,
    spawn: spawnProgram,
    signal: new AbortController().signal,
    ...options,
  });
}

async function left(): Promise<number[]> {
  return hasProc ? processesMarked('GROUP', cwd) : [];
}
