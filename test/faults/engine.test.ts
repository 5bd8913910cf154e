import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/webots/engine.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { BOUND, type FaultyServer, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { hasProc } from '../fixtures/process-traces.ts';
import type { TestClient } from '../fixtures/simulation-server.ts';

/** Most by which this process may grow while an engine prints 500 MB, in bytes: a quarter of them. */
const MAX_GROWTH = 125e6;

/** Wait between two requests meanwhile, in ms: asked without a pause, they alone make more garbage than that. */
const ASKING_INTERVAL = 20;

/** Longest wait for one answer to `/load` while an engine misbehaves, in ms. */
const PATIENCE = 5_000;

/** Wait between two heartbeats in ms, where a test needs several. */
const HEARTBEAT = 100;

/** Time that a test may take in which an engine prints 500 MB, in ms: it is read at 40 MB a second. */
const BULK_TIMEOUT = 120_000;

describe.skipIf(!hasProc)('an engine that ends by itself (needs /proc)', () => {
  it.each([
    ['loads its world', 'silent,family'],
    ['streams', 'family'],
  ])(
    'by a signal, as the kernel sends it where memory is short, while it %s: its client is told which',
    async (_, modes) => {
      await using server = await startFaultyServer({ engine: fakeEngine(modes) });
      const client = await server.connect();
      client.start(WORLD);
      await client.heard(modes.startsWith('silent') ? 'shutdownTimeout' : 'webots:');
      const [engine] = (await server.processes(3)).sort((first, second) => first - second);

      process.kill(engine!, 'SIGKILL');

      await expectEnd(server, client, 'engineCrashed', /^The simulation was ended by SIGKILL\.$/);
    },
  );

  it('for want of memory: its client is told the signal and its last words', async () => {
    await using server = await startFaultyServer({ engine: withNodeOptions('hungry', ['--max-old-space-size=20']) });
    const client = await server.connect();

    client.start(WORLD);

    await expectEnd(server, client, 'engineCrashed', /^The simulation was ended by SIGABRT: ./);
  });

  it('with 10 MB and bytes that are no UTF-8 on its standard error: its client is told 500 characters at most', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('garbled') });
    const client = await server.connect();

    client.start(WORLD);

    await expectEnd(server, client, 'engineCrashed', /^The simulation ended with exit code 4: .{1,500}$/);
  });
});

describe.skipIf(!hasProc)('an engine that does not get ready (needs /proc)', () => {
  it.each(['silent', 'silent,stubborn,family'])('in time is ended, and its client is told (%s)', async (modes) => {
    await using server = await startFaultyServer({ engine: fakeEngine(modes), config: { startTimeout: 1 } });
    const client = await server.connect();

    client.start(WORLD);

    await expectEnd(server, client, 'engineTimedOut', /^The simulation was not ready within 1 seconds\.$/);
  });

  it.each([
    ['another port than it was given', 'misplaced', (port: number) => `port ${port + 1}`],
    ['no port', 'deaf', () => 'none'],
  ])('because it opens %s is ended, and its client is told', async (_, modes, found) => {
    await using server = await startFaultyServer({ engine: fakeEngine(modes) });
    const client = await server.connect();

    client.start(WORLD);

    const port = server.port + 1;
    const text = `Expected the simulation to listen on port ${port}, found ${found(port)}. Please try again.`;
    await expectEnd(server, client, 'engineMisplaced', new RegExp(`^${text.replaceAll('.', '\\.')}$`));
    expect(client.messages.filter((message) => message.startsWith('webots:'))).toEqual([]);
  });
});

describe.skipIf(!hasProc)('an engine that will not go (needs /proc)', () => {
  it.each(['stubborn', 'family', 'stubborn,family', 'flood,stubborn,family'])(
    'is gone after its client (%s)',
    async (modes) => {
      await using server = await startFaultyServer({ engine: fakeEngine(modes) });
      const client = await server.connect();
      client.start(WORLD);
      await client.heard('webots:');
      await server.processes(modes.includes('family') ? 3 : 1);

      client.socket.close();

      await server.allGone();
      expect(server.reasons()).toEqual(['clientLeft']);
    },
  );
});

describe.skipIf(!hasProc)('an engine that prints too much (needs /proc)', () => {
  it('has 500 MB of output read in bounded memory, while its heartbeats and other requests get through', {
    timeout: BULK_TIMEOUT,
  }, async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('bulk', HEARTBEAT) });
    const client = await server.connect();
    const before = process.memoryUsage.rss();
    const growth: number[] = [];
    let isOpen = true;
    void client.closed.then(() => {
      isOpen = false;
    });

    client.start(WORLD);
    while (isOpen) {
      expect(await loadOf(server)).toBe('12.5');
      growth.push(process.memoryUsage.rss() - before);
      await delay(ASKING_INTERVAL);
    }

    await expectEnd(server, client, 'engineCrashed', /^The simulation ended with exit code 7: x \| x \| x$/);
    expect(client.messages.filter((message) => message === '.').length).toBeGreaterThan(3);
    expect(Math.max(...growth)).toBeLessThan(MAX_GROWTH);
  });

  it('in pieces, in lines of 10 MB and in bytes that are no UTF-8 is still heard', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('shredded', HEARTBEAT) });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');

    await vi.waitFor(() => expect(client.messages.filter((message) => message === '.')).toHaveLength(3), BOUND);

    client.socket.close();
    await server.allGone();
  });
});

/** The stand-in in a Node with options of its own. */
function withNodeOptions(modes: string, options: readonly string[]): Engine {
  const engine = fakeEngine(modes);
  return {
    ...engine,
    command(launch) {
      const command = engine.command(launch);
      return { ...command, arguments: [...options, ...command.arguments] };
    },
  };
}

async function loadOf(server: FaultyServer): Promise<string> {
  const response = await fetch(`${server.url}/load`, { signal: AbortSignal.timeout(PATIENCE) });
  return response.text();
}

/** The client is told once in both ways, and closed with 1000; the log has the reason; nothing is left. */
async function expectEnd(server: FaultyServer, client: TestClient, reason: string, text: RegExp): Promise<void> {
  expect(await client.closed).toBe(1000);
  const [shown = '', alert = ''] = client.messages.slice(-2);
  expect(shown).toMatch(/^loading: Error: /);
  expect(alert.replace(/^error: /, '')).toMatch(text);
  await server.allGone();
  expect(server.reasons()).toEqual([reason]);
}
