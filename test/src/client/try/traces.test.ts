import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  canSeeProcesses,
  isThisMachine,
  readTraces,
  sessionOnPort,
  tracesOf,
} from '../../../../src/client/try/traces.ts';

afterEach(() => vi.unstubAllEnvs());

describe.skipIf(!canSeeProcesses)('readTraces (needs /proc)', () => {
  it('finds the processes and the folder of one session among others, until they are gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'traces-'));
    vi.stubEnv('TMPDIR', folder);
    await mkdir(join(folder, 'webots-hub', 'instances', 'ours'), { recursive: true });
    const engines = ['ours', 'theirs'].map((id, index) =>
      spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)', '--', `--port=${1 + index}`], {
        env: { ...process.env, WEBOTS_HUB_SESSION: id },
      }),
    );
    await Promise.all(engines.map(({ stdout }) => once(stdout, 'data')));

    const traces = await readTraces();
    const ours = tracesOf('ours', traces);
    expect(sessionOnPort(traces, 1)).toBe('ours');
    expect(ours.processes.map(({ pid }) => pid)).toEqual([engines[0]?.pid]);
    expect(ours.folders).toEqual(['ours']);

    for (const engine of engines) engine.stdin.end();
    await Promise.all(engines.map((engine) => once(engine, 'exit')));
    await rm(folder, { recursive: true });
    expect(tracesOf('ours', await readTraces())).toEqual({ processes: [], folders: [] });
  });
});

describe('isThisMachine', () => {
  it.each([
    ['ws://localhost:2001', true],
    ['http://127.0.0.2:1999', true],
    ['http://[::1]:1999', true],
    ['https://127.0.0.1.example/2001', false],
    ['https://h.example/2001', false],
  ])('of %s is %s', (url, expected) => {
    expect(isThisMachine(url)).toBe(expected);
  });
});
