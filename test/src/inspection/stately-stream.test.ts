import { once } from 'node:events';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createActor, setup } from 'xstate';
import { child, type SupervisorRef, startChild, supervisor } from '../../../machines/supervisor.ts';
import { createInspector } from '../../../src/inspection/inspector.ts';
import { type StatelyStream, startStatelyStream } from '../../../src/inspection/stately-stream.ts';

const lamp = setup({}).createMachine({
  id: 'lamp',
  type: 'parallel',
  states: {
    light: { initial: 'off', states: { off: { on: { press: 'on' } }, on: { on: { press: 'off' } } } },
    plug: {},
  },
});

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function streamed() {
  const root = createActor(supervisor({ now: () => 0 }), { id: 'root' }).start() as unknown as SupervisorRef;
  closers.push(() => root.send({ type: 'stop' }));
  const inspector = createInspector('1.2.3');
  inspector.attach(root);
  inspector.turnOn();
  const definitions = (machine: string) => (machine === 'lamp' ? { id: 'lamp', states: { light: {} } } : undefined);
  const stream: StatelyStream = await startStatelyStream(inspector.recorder, definitions, 0);
  closers.push(() => stream.close());
  const start = async () => {
    const reply = await startChild(root, child({ id: 'desk lamp', src: lamp, shutdown: 0 }));
    if (!reply.ok || !reply.ref) throw new Error('Expected the lamp to start');
    return reply.ref;
  };
  return { start, url: `ws://127.0.0.1:${stream.address.port}` };
}

function receive(server: string) {
  const events: StatelyInspectionEvent[] = [];
  createWebSocketReceiver({ server }).subscribe((event) => events.push(event));
  return events;
}

describe('the stream for Stately’s tools', () => {
  it('tells a receiver of the package where the actors stand and what they do, before and after it came', async () => {
    const { start, url } = await streamed();
    const lampRef = await start();
    const events = receive(url);
    await vi.waitFor(() =>
      expect(events).toContainEqual(expect.objectContaining({ type: '@xstate.actor', name: 'desk lamp' })),
    );

    lampRef.send({ type: 'press', by: 'me' } as never);
    const sessionId = lampRef.sessionId;
    await vi.waitFor(() =>
      expect(events.at(-1)).toMatchObject({
        type: '@xstate.snapshot',
        sessionId,
        event: { type: 'press' },
        snapshot: { status: 'active', value: { light: 'on', plug: {} } },
      }),
    );

    const announced = events.find((event) => event.type === '@xstate.actor' && event.name === 'desk lamp');
    const root = events.find((event) => event.type === '@xstate.actor' && event.name === 'root');
    expect(announced).toMatchObject({ sessionId, parentId: root?.sessionId, rootId: root?.sessionId });
    expect(JSON.parse((announced as { definition: string }).definition)).toEqual({ id: 'lamp', states: { light: {} } });
    expect(events).toContainEqual(
      expect.objectContaining({ type: '@xstate.event', sessionId, event: { type: 'press', by: 'me' } }),
    );
  });

  it('tells two viewers the same', async () => {
    const { start, url } = await streamed();
    const [first, second] = [receive(url), receive(url)];
    await start();

    await vi.waitFor(() => {
      expect(first).toContainEqual(expect.objectContaining({ name: 'desk lamp' }));
      expect(second).toContainEqual(expect.objectContaining({ name: 'desk lamp' }));
    });
  });

  it.each([
    ['of another server', { origin: 'http://example.org' }],
    ['that has a name of its own resolve to this machine', { headers: { Host: 'example.org' } }],
  ])('is not for a page %s', async (_, options) => {
    const { url } = await streamed();
    const socket = new WebSocket(url, options);
    const [error] = await once(socket, 'error');

    expect(String(error)).toContain('401');
  });

  it('takes nothing from its viewers', async () => {
    const { start, url } = await streamed();
    const events = receive(url);
    const socket = new WebSocket(url);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: '@xstate.actor', name: 'forged' }));
    await start();

    await vi.waitFor(() => expect(events).toContainEqual(expect.objectContaining({ name: 'desk lamp' })));
    expect(events).not.toContainEqual(expect.objectContaining({ name: 'forged' }));
    socket.terminate();
  });

  it('has a page that shows it in Stately’s viewer, which nothing is sent to before', async () => {
    const { url } = await streamed();
    const response = await fetch(url.replace('ws:', 'http:'));

    expect(await response.text()).toContain('<iframe title="Stately inspector" src="https://stately.ai/inspect">');
    expect(response.headers.get('Content-Security-Policy')).toContain('frame-src https://stately.ai');
  });
});
