import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { Audience, LARGEST_MESSAGE } from '../../../../src/engine/stream/audience.ts';
import type { Viewer } from '../../../../src/engine/stream/viewer.ts';
import { StreamClient } from '../fixtures/stream-client.ts';

/** A message that fills any buffer between two sockets of one machine when it is sent some times. */
const LARGE_FRAME = `application/json:${JSON.stringify({ time: 1, padding: 'x'.repeat(1_000_000) })}`;

let server: Server;
let audience: Audience;
let viewers: Viewer[];
let heard: string[];

beforeEach(async () => {
  viewers = [];
  heard = [];
  audience = new Audience({
    said: (viewer, text) => {
      viewers.push(viewer);
      heard.push(text);
      if (text === 'watch') viewer.dialect = { root: 'W3D', tags: 'modern' };
      viewer.send('heard');
    },
    wholeFrame: () => 'application/json:{"time":99}',
  });
  server = createServer();
  server.on('upgrade', (request, socket, head) => void audience.admit(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  vi.useRealTimers();
  await audience.close();
  server.close();
  server.closeAllConnections();
});

describe('Audience', () => {
  it('tells some things to everybody, and others to those who watch', async () => {
    const [watching, other] = [await joined('watch'), await joined('robot:r:m')];
    audience.tell('scene');
    audience.showFrame('frame');
    audience.tellEverybody('loading');

    await Promise.all([watching.hear('loading'), other.hear('loading')]);
    expect(watching.messages).toEqual(['heard', 'scene', 'frame', 'loading']);
    expect(other.messages).toEqual(['heard', 'loading']);
  });

  it('leaves frames out for a slow viewer and tells it everything once it has caught up', async () => {
    const [slow, quick] = [await joined('watch'), await joined('watch')];
    slow.socket.pause();
    let frames = 0;
    while (!viewers[0]!.isStale) {
      audience.showFrame(LARGE_FRAME);
      frames++;
      await quick.hear('application/json:{"time":1');
    }
    audience.showFrame('application/json:{"time":2}');
    await quick.hear('application/json:{"time":2}');
    slow.socket.resume();
    await slow.hear('application/json:{"time":99}');

    expect(slow.messages.filter((message) => message.startsWith('application/json:{"time":1')).length).toBeLessThan(
      frames,
    );
    expect(slow.messages).not.toContain('application/json:{"time":2}');
    audience.showFrame('application/json:{"time":3}');
    await slow.hear('application/json:{"time":3}');
  });

  it('closes the stream of who sends too much at once', async () => {
    const client = await joined('watch');
    client.say('x'.repeat(LARGEST_MESSAGE + 1));

    expect(await client.closed).toBe(1009);
    expect(heard).toEqual(['watch']);
  });

  it('takes bytes for a text that nobody knows', async () => {
    const client = await joined('watch');
    client.socket.send(Buffer.from('pause'));
    await client.hear('heard');

    expect(heard).toEqual(['watch', '']);
  });

  it('drops a viewer who does not answer pings, and keeps one who does', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const alive = await joined('watch');
    const dead = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const key = Buffer.alloc(16).toString('base64');
    dead.write(
      `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await once(dead, 'data');
    const ended = once(dead, 'close');

    const pinged = once(alive.socket, 'ping');
    vi.advanceTimersByTime(20_000);
    await pinged;
    await vi.waitUntil(() => viewers[0]!.isAlive);
    vi.advanceTimersByTime(20_000);
    await ended;

    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('reads no more of a client while many of its messages wait', async () => {
    const client = await joined('watch');
    const [viewer] = viewers;
    for (let message = 0; message < 64; message++) viewer!.holdMessage();
    client.say('late');
    audience.tell('still here');
    await client.hear('still here');

    expect(heard).not.toContain('late');
    for (let message = 0; message < 64; message++) viewer!.releaseMessage();
    await client.hear('heard');
    expect(heard).toContain('late');
  });

  it('closes all streams in order, also those of clients who do not answer', async () => {
    const clients = await Promise.all([joined('watch'), joined('watch')]);
    const dumb = await joined('watch');
    dumb.socket.pause();
    await audience.close();
    dumb.socket.resume();

    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1000, 1000]);
    expect(viewers.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
  });
});

/** A client who has said this, and was heard. */
async function joined(text: string): Promise<StreamClient> {
  const client = await StreamClient.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await client.ask(text, 'heard');
  return client;
}
