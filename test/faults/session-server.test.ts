import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger, type LogMethod } from '../../src/log.ts';
import { type HubProgram, isBuilt, startHubProgram, WORLD } from '../fixtures/hub-program.ts';
import { type LoadAnswer, startLoadServer, UNUSABLE_ANSWERS } from '../fixtures/load-server.ts';
import { NONE_AVAILABLE, type SessionOptions, startSession } from '../fixtures/session-server.ts';
import { connect } from '../fixtures/simulation-server.ts';

const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Programs start in seconds where many tests run at once; in ms. */
const PATIENCE = { timeout: 120_000 };
/** Longest wait, in ms. */
const BOUND = { timeout: 60_000, interval: 20 };
/** For a server that does not answer at all, in ms: no busy machine takes as long. */
const PROBE_TIMEOUT = 5_000;
/** Shortest time between two changes that a watcher hears, in ms, as docs/protocol.md promises. */
const CHANGE_INTERVAL = 1_000;

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

describe.skipIf(!isBuilt)(
  `the session server notices, of a simulation server that is a program${SKIPPED}`,
  PATIENCE,
  () => {
    it('that it is killed, and that it is there again', async () => {
      const program = await simulationProgram();
      const session = await watchedSession([entryOf(program)]);

      program.process.kill('SIGKILL');
      await session.watcher.hears(['1', '0']);
      expect(await session.text('/session')).toBe(NONE_AVAILABLE);
      expect(await session.text('/load')).toBe('-1');
      expect(await session.text('/monitor')).toContain('not responding');
      await (await session.watch()).hears(['0']);

      await program.exited;
      const successor = await simulationProgram({ simulationPort: program.simulationPort });
      await session.watcher.hears(['1', '0', '1']);
      expect(await session.text('/session')).toBe(`ws://${entryOf(successor)}`);
    });

    it('that it hangs, and that it goes on', async () => {
      const program = await simulationProgram();
      const session = await watchedSession([entryOf(program)]);

      program.process.kill('SIGSTOP');
      await session.watcher.hears(['1', '0']);
      expect(await session.text('/session')).toBe(NONE_AVAILABLE);

      program.process.kill('SIGCONT');
      await session.watcher.hears(['1', '0', '1']);
      expect(await session.text('/session')).toBe(`ws://${entryOf(program)}`);
    });

    it('that it drains, while its simulations go on', async () => {
      const program = await simulationProgram({ simulation: { drainTimeout: 3_600 } });
      const session = await watchedSession([entryOf(program)]);
      const client = await connect(`ws://${entryOf(program)}/client`);
      client.start(WORLD);
      await client.heard('webots:');

      program.process.kill('SIGTERM');
      await session.watcher.hears(['1', '0']);
      expect([await session.text('/session'), await session.text('/load')]).toEqual([NONE_AVAILABLE, '100']);

      client.socket.close();
      expect((await program.exited).code).toBe(0);
      await vi.waitFor(async () => expect(await session.text('/load')).toBe('-1'), BOUND);
    });

    it('that it is killed, without a word to watchers where another one is left', async () => {
      const program = await simulationProgram();
      const [other] = await loadServers(90);
      const session = await watchedSession([entryOf(program), other!.entry]);
      expect(await session.text('/session')).toBe(`ws://${entryOf(program)}`);

      program.process.kill('SIGKILL');
      await vi.waitFor(async () => expect(await session.text('/session')).toBe(`ws://${other!.entry}`), BOUND);
      await once(other!.events, 'request');

      expect(await session.text('/')).toBe('1');
      expect(session.watcher.heard).toEqual(['1']);
    });
  },
);

describe('the session server takes a simulation server for unavailable', PATIENCE, () => {
  it.each(UNUSABLE_ANSWERS)(
    'after one answer that is "%s", and for available after one that is well',
    async (answer) => {
      const [server] = await loadServers(10);
      /** What was logged of the server, and how many requests it had got by then. */
      const heard: [message: string, requests: number][] = [];
      const record: LogMethod = (_: object | string, message?: string) => {
        if (message?.startsWith('simulation server')) heard.push([message, server!.requests]);
      };
      const log = { ...createLogger({ level: 'silent' }), info: record, warn: record };
      const session = await watchedSession([server!.entry], { log });
      heard.length = 0;

      await once(server!.events, 'request');
      const wellUntil = server!.requests;
      server!.answer = answer;
      await session.watcher.hears(['1', '0']);
      expect(await session.text('/session')).toBe(NONE_AVAILABLE);
      await once(server!.events, 'request');
      const badUntil = server!.requests;
      server!.answer = 5;
      await session.watcher.hears(['1', '0', '1']);

      // A connection that the server had closed is asked once more.
      const tries = answer === 'reset' ? 2 : 1;
      expect(heard).toEqual([
        ['simulation server not responding', expect.toSatisfy((count) => count <= wellUntil + tries)],
        ['simulation server available', expect.toSatisfy((count) => count <= badUntil + tries)],
      ]);
      expect(await session.text('/session')).toBe(`ws://${server!.entry}`);
    },
  );
});

describe('while a simulation server flaps at every poll', PATIENCE, () => {
  it('watchers hear one change a second at most, and whoever comes in between hears what they know', async () => {
    const [server] = await loadServers('flap');
    const begin = performance.now();
    const session = await startSession([server!.entry]);
    opened.push(session);
    const first = await session.watch();
    const newcomers: { readonly heard: string[]; readonly closed: Promise<number> }[] = [];

    while (first.heard.length < 5) {
      newcomers.push(await session.watch());
      await once(server!.events, 'request');
    }
    await session.system.stop();
    await Promise.all([first, ...newcomers].map(({ closed }) => closed));

    expect(first.heard.filter((bit, index) => bit === first.heard[index - 1])).toEqual([]);
    // The last change may be that of the stop, which waits for nothing.
    expect(first.heard.length - 3).toBeLessThanOrEqual((performance.now() - begin) / CHANGE_INTERVAL);
    expect(server!.requests).toBeGreaterThan(2 * first.heard.length);
    for (const { heard } of newcomers) expect(heard).toEqual(first.heard.slice(-heard.length));
  });
});

async function simulationProgram(options: Parameters<typeof startHubProgram>[0] = {}): Promise<HubProgram> {
  const program = await startHubProgram({ role: 'simulation', ...options });
  opened.push(program);
  return program;
}

const entryOf = ({ simulationPort }: HubProgram) => `127.0.0.1:${simulationPort}`;

async function loadServers(...answers: LoadAnswer[]) {
  const servers = await Promise.all(answers.map((answer) => startLoadServer(answer)));
  opened.push(...servers);
  return servers;
}

/** A session server that polls fast, and a watcher that has heard that it is available. */
async function watchedSession(entries: string[], options: SessionOptions = {}) {
  const session = await startSession(entries, {
    timings: { pollInterval: 20, probeTimeout: PROBE_TIMEOUT },
    ...options,
  });
  opened.push(session);
  await vi.waitFor(async () => expect(await session.text('/')).toBe('1'), BOUND);
  const watcher = await session.watch();
  await watcher.hears(['1']);
  return { ...session, watcher };
}
