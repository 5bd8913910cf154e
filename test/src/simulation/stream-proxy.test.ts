import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { embeddedEngine } from '../../../src/webots/engine.ts';
import { fakeEngine } from '../../fixtures/fake-engine.ts';
import { startFaultyServer, WORLD } from '../../fixtures/faulty-server.ts';

const isBuilt = existsSync(new URL('../../../dist/src/engine/main.js', import.meta.url));

const opened: { terminate(): void }[] = [];

afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

async function simulate(engine = embeddedEngine('127.0.0.1')) {
  const server = await startFaultyServer({ engine });
  const client = await server.connect();
  client.start(WORLD);
  const address = (await client.heard('webots:')).slice('webots:'.length);
  return { server, client, address, http: address.replace('ws:', 'http:') };
}

function openStream(address: string) {
  const socket = new WebSocket(address);
  opened.push(socket);
  const messages: string[] = [];
  socket.on('message', (data) => messages.push(String(data)));
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code) => resolve(`closed ${code}`)).on('error', (error) => resolve(error.message));
  });
  return { socket, messages, closed };
}

describe.skipIf(!isBuilt)('a simulation that is reached through its server (needs the build)', () => {
  it('has an address with the server’s port, a secret and the engine’s port, by which it streams and serves files', async () => {
    const { server, client, address, http } = await simulate();
    await using _ = server;
    const stream = openStream(address);
    stream.socket.on('open', () => stream.socket.send('w3d'));

    expect(address).toMatch(new RegExp(`^ws://localhost:${server.port}/stream/[0-9a-f]{32}/${server.port + 1}$`));
    await vi.waitFor(() => expect(stream.messages.some((text) => text.startsWith('model:'))).toBe(true), {
      timeout: 20_000,
    });
    const file = await fetch(`${http}/worlds/w.wbt`);
    expect([file.status, await file.text()]).toEqual([200, '#VRML_SIM R2025a utf8\n']);
    expect(file.headers.get('Content-Security-Policy')).toMatch(/^sandbox /);
    expect(file.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect((await fetch(`${http}/no/such`)).status).toBe(404);
    expect((await fetch(`${http}/worlds/w.wbt`, { method: 'POST' })).status).toBe(405);

    client.socket.close();
    await stream.closed;
    await server.allGone();
    expect((await fetch(`${http}/worlds/w.wbt`)).status).toBe(404);
  });

  it('is reached by nobody who does not know the secret, or asks for another port', async () => {
    const { server, address, http } = await simulate();
    await using _ = server;
    const wrong = address.replace(/[0-9a-f]{32}/, '0'.repeat(32));
    const other = address.replace(/\d+$/, String(server.port));

    for (const attempt of [wrong, other, `${address}0`, address.replace('/stream/', '/stream/x/')]) {
      expect(await openStream(attempt).closed).toBe('Unexpected server response: 404');
      expect((await fetch(`${attempt.replace('ws:', 'http:')}/worlds/w.wbt`)).status).toBe(404);
    }
    expect((await fetch(`${http}/../../../etc/passwd`)).status).toBe(404);
  });

  it('keeps its secret out of the log, the messages on the monitor and the post-mortem', async () => {
    const { server, client, address } = await simulate();
    await using _ = server;
    const [, secret = ''] = /stream\/([0-9a-f]+)/.exec(address) ?? [];
    const id = server.session();
    const page = await (await fetch(`${server.url}/monitor/sessions/${id}`)).text();

    expect(page).toContain('/stream/[redacted]/');
    expect(page).not.toContain(secret);
    client.socket.close();
    await server.allGone();
    expect(JSON.stringify(server.log)).not.toContain(secret);
  });

  it('has room for so many connections', async () => {
    const { server, address, http } = await simulate();
    await using _ = server;
    const streams = Array.from({ length: 60 }, () => openStream(address));
    await vi.waitFor(() => expect(streams.every(({ socket }) => socket.readyState === WebSocket.OPEN)).toBe(true), {
      timeout: 20_000,
    });

    expect(await openStream(address).closed).toBe('Unexpected server response: 503');
    expect((await fetch(`${http}/worlds/w.wbt`)).status).toBe(503);
    streams[0]?.socket.terminate();
    await vi.waitFor(async () => expect((await fetch(`${http}/worlds/w.wbt`)).status).toBe(200));
  });
});

describe.skipIf(!isBuilt)('the end of a stream (needs the build)', () => {
  it.each([
    ['closes in peace', 'SIGTERM', 'closed 1000'],
    ['is killed', 'SIGKILL', 'closed 1006'],
  ] as const)('is that of an engine that %s', async (_, signal, end) => {
    const { server, address } = await simulate();
    await using _server = server;
    const stream = openStream(address);
    await once(stream.socket, 'open');
    const [engine] = await server.processes();

    process.kill(engine!, signal);

    expect(await stream.closed).toBe(end);
    await server.allGone();
  });
});

describe('a stream', () => {
  it('is broken off with the engine', async () => {
    const { server, address } = await simulate(fakeEngine('crashLater'));
    await using _ = server;

    expect(await openStream(address).closed).toBe('Unexpected server response: 502');
    await server.allGone();
    expect(server.reasons()).toEqual(['engineCrashed']);
    await expect(
      new Promise((resolve, reject) =>
        connectTcp(server.port + 1, '127.0.0.1')
          .on('connect', resolve)
          .on('error', reject),
      ),
    ).rejects.toThrow('ECONNREFUSED');
  });
});
