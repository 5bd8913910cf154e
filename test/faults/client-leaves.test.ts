import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { BOUND, type FaultyServer, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { type GitServer, startGitServer } from '../fixtures/git-server.ts';
import { hasProc } from '../fixtures/process-traces.ts';
import type { TestClient } from '../fixtures/simulation-server.ts';

/** Ways in which a client leaves; the log's reason of each. */
const WAYS: readonly [string, (client: TestClient) => void, string][] = [
  ['closes its socket', ({ socket }) => socket.close(), 'clientLeft'],
  ['breaks its connection', ({ socket }) => socket.terminate(), 'clientGone'],
];

/** Closes, and says it again in all ways before the first one is heard. */
function leaveTwice({ socket }: TestClient): void {
  socket.close();
  socket.close();
  socket.terminate();
}

describe.skipIf(!hasProc).each(WAYS)('a client that %s (needs /proc)', (_, leave, reason) => {
  it('before it says what to start leaves nothing', async () => {
    await using server = await startFaultyServer();
    const client = await server.connect();

    leave(client);

    await server.allGone();
    expect(server.reasons()).toEqual([reason]);
  });

  it('while its engine loads leaves nothing', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('silent,family') });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('shutdownTimeout');
    await server.processes(3);

    leave(client);

    await server.allGone();
    expect(server.reasons()).toEqual([reason]);
  });

  it('at the moment at which its engine is ready leaves nothing', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('silent') });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('shutdownTimeout');
    await vi.waitFor(() => server.say(''), BOUND);

    const said = server.say('.\n');
    leave(client);

    // The engine may be gone before it has heard it all.
    await Promise.allSettled([said]);
    await server.allGone();
    expect(server.reasons()).toEqual([reason]);
  });

  it('at the moment at which it is told that its engine is ready leaves nothing', async () => {
    await using server = await startFaultyServer();
    const client = await server.connect();
    client.start(WORLD);

    await leaveAt(client, 'webots:', leave);

    await server.allGone();
    expect(server.reasons()).toEqual([reason]);
  });
});

describe.skipIf(!hasProc)('a client that leaves (needs /proc)', () => {
  it('with the message that says what to start leaves nothing', async () => {
    await using server = await startFaultyServer();
    const client = await server.connect();

    client.start(WORLD);
    client.socket.close();

    await server.allGone();
    expect(server.reasons()).toEqual(['clientLeft']);
  });

  it('in the queue, where others have all places, leaves them theirs', async () => {
    await using server = await startFaultyServer({ config: { maxConnections: 2 } });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const leaving = await Promise.all(Array.from({ length: 20 }, () => server.connect()));

    for (const other of leaving) {
      other.start(WORLD);
      other.socket.close();
    }

    await vi.waitFor(() => expect(server.role.sessionCount()).toBe(1), BOUND);
    const late = await server.connect();
    late.start(WORLD);
    await late.heard('webots:');
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    for (const { socket } of [client, late]) socket.close();
    await server.allGone();
  });

  it.each(['shutdownTimeout', 'webots:'])('twice, at %s, leaves nothing', async (moment) => {
    await using server = await startFaultyServer({ engine: fakeEngine('stubborn,family') });
    const client = await server.connect();
    client.start(WORLD);

    await leaveAt(client, moment, leaveTwice);

    await server.allGone();
    expect(server.reasons()).toHaveLength(1);
  });

  it('while its last session is still being ended gets a new one at once', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('stubborn'), config: { killGrace: 2 } });
    const first = await server.connect();
    first.start(WORLD);
    await first.heard('webots:');

    first.socket.close();
    const second = await server.connect();
    second.start(WORLD);
    await second.heard('webots:');

    second.socket.terminate();
    await server.allGone();
  });
});

describe.skipIf(!hasProc).each(['native', 'builtin'])(
  'a client that leaves during a clone (git %s, needs /proc)',
  (git) => {
    let repositories: GitServer;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'client-leaves-'));
      repositories = await startGitServer();
      await repositories.addRepository('owner/project', [{ branch: 'main', files: { 'worlds/w.wbt': 'w' } }]);
    });
    beforeEach(() => {
      repositories.mode = { kind: 'serve' };
    });
    afterAll(async () => {
      await repositories.close();
      await rm(folder, { recursive: true });
    });

    const startServer = (): Promise<FaultyServer> =>
      startFaultyServer({ config: { git, mirrors: { 'https://github.com': repositories.url } } });

    it.each([
      ...(['connect', 'pack'] as const).flatMap((at) => WAYS.map(([way, leave]) => [at, way, leave] as const)),
      ['pack', 'leaves twice', leaveTwice] as const,
    ])('that hangs at the %s and %s leaves nothing: the clone is aborted', async (at, _, leave) => {
      await using server = await startServer();
      repositories.mode = { kind: 'hang', at };
      const client = await server.connect();
      const hung = repositories.hung();
      client.start(WORLD);
      await hung;
      if (git === 'native') await vi.waitFor(async () => expect(await server.processCount()).toBeGreaterThan(0), BOUND);

      leave(client);

      await server.allGone();
      expect(server.reasons()).toHaveLength(1);
    });

    it('that has just ended leaves nothing', async () => {
      await using server = await startServer();
      const client = await server.connect();
      client.start(WORLD);

      await leaveAt(client, 'loading: Fetching github.com/owner/project: done', ({ socket }) => socket.terminate());

      await server.allGone();
      expect(server.reasons()).toEqual(['clientGone']);
    });
  },
);

/** Leaves in the very turn of the event loop in which a message that begins with `prefix` comes. */
function leaveAt(client: TestClient, prefix: string, leave: (client: TestClient) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    client.socket.on('message', (data) => {
      if (!String(data).startsWith(prefix)) return;
      leave(client);
      resolve();
    });
    client.socket.once('close', () => reject(new Error(`Expected ${prefix}, got ${client.messages.join(' ')}`)));
  });
}
