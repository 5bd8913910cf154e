import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { createActor, fromCallback } from 'xstate';
import type { SocketReport } from '../../../machines/client-session-types.ts';
import { clientSocket } from '../../../src/simulation/client-socket.ts';

const PING_INTERVAL = 15_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the socket of a client', () => {
  it('is cut when no pong has come by the second ping', () => {
    const { socket, reports } = open();

    vi.advanceTimersByTime(2 * PING_INTERVAL - 1);
    expect([socket.pings, reports]).toEqual([1, []]);
    vi.advanceTimersByTime(1);

    expect(reports).toEqual([{ type: 'socket.closed', reason: 'clientGone' }]);
  });

  it('stays while every ping is answered', () => {
    const { socket, reports } = open();

    for (let count = 0; count < 100; count++) {
      vi.advanceTimersByTime(PING_INTERVAL);
      socket.emit('pong');
    }

    expect([socket.pings, reports]).toEqual([100, []]);
  });

  it('is cut when more than 256 KiB wait for a client that does not read, instead of getting more', () => {
    const { socket, reports, actor } = open();

    socket.bufferedAmount = 256 * 1024;
    actor.send({ type: 'send', text: 'loading: x' });
    socket.bufferedAmount++;
    actor.send({ type: 'send', text: 'loading: y' });

    expect(socket.sent).toEqual(['loading: x']);
    expect(reports).toEqual([{ type: 'socket.closed', reason: 'clientTooSlow' }]);
  });

  it('is cut when answers to its own pings wait for it unread, though it sends pongs', () => {
    const { socket, reports } = open();

    socket.bufferedAmount = 256 * 1024 + 1;
    socket.emit('pong');
    vi.advanceTimersByTime(PING_INTERVAL);

    expect(reports).toEqual([{ type: 'socket.closed', reason: 'clientTooSlow' }]);
  });

  it('takes a hundred frames of any kind in 15 s, and is cut at the next one, which is not read', () => {
    const { socket, reports } = open();
    const message = Buffer.from('{"reset controller":"a.py"}');

    for (let count = 0; count < 50; count++) socket.emit('ping');
    for (let count = 0; count < 50; count++) socket.emit('pong');
    vi.advanceTimersByTime(PING_INTERVAL);
    for (let count = 0; count < 100; count++) socket.emit('message', message, false);
    expect(reports).toEqual(Array(100).fill({ type: 'client.controllerReset', file: 'a.py' }));
    reports.length = 0;
    socket.emit('message', message, false);

    expect(reports).toEqual([{ type: 'socket.closed', reason: 'clientMisbehaved' }]);
  });
});

/** A WebSocket that is open and closes as soon as it is broken off. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  readyState = 1;
  bufferedAmount = 0;
  pings = 0;
  readonly sent: string[] = [];

  ping(): void {
    this.pings++;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  terminate(): void {
    this.readyState = this.CLOSED;
    this.emit('close', 1006);
  }
}

function open() {
  const socket = new FakeSocket();
  const reports: SocketReport[] = [];
  const parent = createActor(fromCallback<SocketReport>(({ receive }) => receive((report) => reports.push(report))));
  const logic = clientSocket(
    () => socket as unknown as WebSocket,
    () => PING_INTERVAL,
  );
  const actor = createActor(logic, { input: { id: 'a1' }, parent: parent.start() }).start();
  return { socket, reports, actor };
}
