import { describe, expect, it } from 'vitest';
import { EXAMPLE_WORLD } from '../../../../src/client/index.ts';
import { Breakage } from '../../../../src/client/try/breakage.ts';
import { play } from '../../../../src/client/try/play.ts';
import { Report } from '../../../../src/client/try/report.ts';
import {
  type Script,
  type ScriptedServiceOptions,
  sendAll,
  smallEngine,
  startScriptedService,
} from '../../../fixtures/scripted-service.ts';

interface Attempt {
  /** Everything printed, without the times. */
  readonly lines: string[];
  readonly failure: unknown;
}

async function attempt(options: ScriptedServiceOptions, signal = new AbortController().signal): Promise<Attempt> {
  await using service = await startScriptedService(options);
  const lines: string[] = [];
  const report = new Report((line) => {
    lines.push(line.slice(12).trimEnd().replaceAll(service.engineUrl, 'ENGINE').replaceAll(service.session, 'SESSION'));
  });
  try {
    await play({ world: EXAMPLE_WORLD, session: service.session, seconds: 0.2 }, report, signal);
    return { lines, failure: undefined };
  } catch (failure) {
    return { lines, failure };
  }
}

/** `smallEngine`, but for what `instead` does itself. */
function engineWith(instead: Record<string, Script>): Script {
  const engine = smallEngine();
  return (text, socket) => (instead[text.split(':')[0] ?? ''] ?? engine)(text, socket);
}

describe('play', () => {
  it('tells each step, from the availability to a port that is closed', async () => {
    const { lines, failure } = await attempt({ endsEngine: true });

    expect(failure).toBeUndefined();
    const names = lines.map((line) => line.split(/ {2,}/)[0]).filter((name) => name !== 'progress' && name !== 'state');
    expect(names).toEqual(
      'availability,choosing,connecting,starting,time limit,opening,loading,world,scene,streaming,ran,movement,reset,left,stream,nothing left'.split(
        ',',
      ),
    );
    expect(lines).toContain('movement      1 nodes moved');
    expect(lines).toContain('reset         the simulated time is 0 again');
    expect(lines).toContain('stream        ENGINE accepts no more connections');
  });

  it('says that nothing moves where nothing does', async () => {
    const { lines, failure } = await attempt({
      endsEngine: true,
      engine: engineWith({
        'real-time': (_text, socket) => sendAll(socket, ['real-time', 'application/json:{"time":32}']),
      }),
    });

    expect(failure).toBeUndefined();
    expect(lines).toContain('movement      nothing moves in this world');
  });

  it('breaks when the time stands still', async () => {
    const { failure } = await attempt({
      engine: engineWith({ 'real-time': (_text, socket) => socket.send('real-time') }),
    });

    expect(failure).toBeInstanceOf(Breakage);
    expect(failure).toMatchObject({ message: 'The simulated time did not advance in 0.2 s.' });
  });

  it('breaks when a reset does not lead back to time 0', async () => {
    const { failure } = await attempt({
      engine: engineWith({
        reset: (_text, socket) => sendAll(socket, ['application/json:{"time":64}', 'reset finished']),
      }),
    });

    expect(failure).toMatchObject({ message: 'Expected the simulated time 0 after a reset, got 64 ms.' });
  });

  it('breaks with the words of the server that refuses, and says what to do', async () => {
    const { failure } = await attempt({
      server: () => (_text, socket) => sendAll(socket, ['loading: Error: no such world', 'error: no such world']),
    });

    expect(failure).toMatchObject({
      message: 'The session ended too early (refused): no such world',
      advice: expect.stringContaining('allowedRepositories'),
    });
  });

  it('breaks when the session ends while it runs', async () => {
    let tellWhy = () => {};
    const { failure } = await attempt({
      engine: engineWith({
        'real-time': (_text, socket) => {
          socket.terminate();
          // As a rule the stream breaks before its server has found out why.
          setTimeout(tellWhy, 50);
        },
      }),
      server: (engineUrl) => (_text, socket) => {
        socket.send(`webots:${engineUrl}`);
        tellWhy = () => socket.send('error: the engine crashed');
      },
    });

    expect(failure).toMatchObject({ message: expect.stringContaining('the engine crashed') });
  });

  it('stops waiting for a free server when it is interrupted', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 20);

    expect((await attempt({ availability: '0' }, interruption.signal)).failure).toBeInstanceOf(Breakage);
  });
});

describe('Report', () => {
  it('keeps foreign text in one line without control characters, and stops after forty lines of a kind', () => {
    const lines: string[] = [];
    const report = new Report((line) => lines.push(line));
    report.tell('stdout', 'a\n\u001b[2Jb');
    for (let line = 0; line < 100; line += 1) report.tell('stderr', 'x');

    expect(lines[0]?.slice(12)).toBe('stdout        a ?[2Jb\n');
    expect(lines).toHaveLength(41);
    expect(lines.at(-1)).toContain('… further lines are left out');
  });
});
