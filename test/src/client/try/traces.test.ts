import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { canSeeProcesses, engineOnPort, isThisMachine, markedProcesses } from '../../../../src/client/try/traces.ts';

describe.skipIf(!canSeeProcesses)('markedProcesses (needs /proc)', () => {
  it('finds the processes of sessions until they are gone', async () => {
    const ids = ['ours', 'theirs'].map((name) => `${name}-${process.pid}`);
    const engines = ids.map((id) =>
      spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)', '--', `/a/${id}/p/worlds/w.wbt`], {
        env: { ...process.env, WEBOTS_HUB_SESSION: id },
      }),
    );
    await Promise.all(engines.map(({ stdout }) => once(stdout, 'data')));
    const ours = async () => (await markedProcesses()).filter(({ session }) => ids.includes(session));

    expect((await ours()).map(({ pid }) => pid).sort()).toEqual(engines.map(({ pid }) => pid).sort());

    for (const engine of engines) engine.stdin.end();
    await Promise.all(engines.map((engine) => once(engine, 'exit')));
    expect(await ours()).toEqual([]);
  });
});

describe('engineOnPort', () => {
  const engine = { pid: 1, session: 'abc', command: ['webots', '--port=2001', '/tmp/abcd/abc/repo/worlds/w.wbt', ''] };
  const controller = { pid: 2, session: 'abc', command: ['python', '/tmp/abcd/abc/repo/controllers/c/c.py'] };

  it('knows the session and its folder by the command line of its engine', () => {
    expect(engineOnPort([controller, engine], 2001)).toEqual({ session: 'abc', folder: '/tmp/abcd/abc' });
  });

  it('knows no folder where the command line names none', () => {
    const command = ['webots', '--port=2001', 'worlds/w.wbt'];

    expect(engineOnPort([{ ...engine, command }], 2001)).toEqual({ session: 'abc', folder: undefined });
  });

  it('takes no other port for it', () => {
    expect(engineOnPort([engine], 200)).toBeUndefined();
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
