import { afterEach, describe, expect, it, vi } from 'vitest';
import { assign, createActor, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import { child, type SupervisorRef, startChild, supervisor } from '../../../machines/supervisor.ts';
import { createInspector } from '../../../src/inspection/inspector.ts';
import type { Entry, Recording } from '../../../src/inspection/recording.ts';
import { actorsAt } from '../../../src/inspection/replay.ts';

/** Waits for a key, opens, and closes when its helper is done. */
const door = setup({
  types: { context: {} as { token: string; opened: number }, events: {} as { type: 'knock' | 'open'; from?: string } },
  actors: { hinge: fromPromise(async () => 'closed') },
}).createMachine({
  id: 'door',
  context: { token: 'hush', opened: 0 },
  initial: 'shut',
  states: {
    shut: {
      on: {
        knock: {},
        open: { target: 'open.wide', actions: assign({ opened: ({ context }) => context.opened + 1 }) },
      },
    },
    open: {
      initial: 'ajar',
      states: {
        ajar: {},
        wide: { invoke: { id: 'hinge', src: 'hinge', onDone: 'leaving' } },
        leaving: { always: '#door.gone' },
      },
    },
    gone: { type: 'final' },
  },
});

const roots: SupervisorRef[] = [];

async function system() {
  const root = createActor(supervisor({ now: () => 0 }), { id: 'root' }).start() as unknown as SupervisorRef;
  roots.push(root);
  const inspector = createInspector('1.2.3');
  inspector.attach(root);
  const start = async () => {
    const reply = await startChild(root, child({ id: 'front door', src: door, restart: 'temporary', shutdown: 0 }));
    if (!reply.ok || !reply.ref) throw new Error('Expected the door to start');
    return reply.ref;
  };
  return { root, inspector, recorder: inspector.recorder, start };
}

afterEach(() => {
  for (const root of roots.splice(0)) root.send({ type: 'stop' });
});

const entriesOf = (texts: readonly string[]) => texts.map((text) => JSON.parse(text) as Entry);

describe('an inspected system', () => {
  it('is recorded from the moment at which it is switched on, with the actors that there were', async () => {
    const { inspector, recorder, start } = await system();
    const ref = await start();
    ref.send({ type: 'knock' });

    inspector.turnOn();
    ref.send({ type: 'open', from: 'http://example.org/a?key=1' });
    await vi.waitFor(() => expect(ref.getSnapshot()).toMatchObject({ status: 'done' }));
    const entries = entriesOf(recorder.after(0, 1_000));

    expect(entries.map(({ n }) => n)).toEqual(entries.map((_, index) => index + 1));
    const actors = entries.flatMap((entry) => (entry.type === 'actor' ? [entry.actor] : []));
    expect(actors.map(({ name, kind, machine }) => [name, kind, machine])).toEqual([
      ['root', 'supervisor', undefined],
      ['front door', 'machine', 'door'],
      ['hinge', 'other', undefined],
    ]);
    expect(actors[1]?.parent).toBe(actors[0]?.id);
    const id = ref.sessionId;
    expect(entries).toContainEqual(
      expect.objectContaining({
        type: 'event',
        to: id,
        event: 'open',
        detail: '{"from":"http://example.org/a?[redacted]"}',
      }),
    );
    const steps = entries.filter((entry) => entry.type === 'step' && entry.actor === id);
    expect(steps).toMatchObject([
      { event: '(was there)', states: ['shut'], context: '{"token":"[redacted]","opened":0}' },
      { event: 'open', states: ['open.wide'], moves: [{ source: 'shut', target: 'open.wide' }] },
      {
        states: ['gone'],
        status: 'done',
        moves: [
          { source: 'open.wide', target: 'open.leaving' },
          { source: 'open.leaving', target: 'gone' },
        ],
      },
    ]);
    expect(steps[1]).toHaveProperty('context', '{"token":"[redacted]","opened":1}');
  });

  it('has no observer and records nothing while it is off', async () => {
    const { inspector, recorder, start } = await system();
    inspector.turnOn();
    inspector.turnOff();
    const { last } = recorder;

    await start();

    expect(recorder.last).toBe(last);
    expect(inspector.isOn).toBe(false);
  });

  it('does not end an actor whose event cannot be written down', async () => {
    const { inspector, recorder, start } = await system();
    inspector.turnOn();
    const ref = await start();
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('not to be looked at');
        },
      },
    );

    ref.send({ type: 'knock', from: hostile } as never);

    expect(ref.getSnapshot()).toMatchObject({ status: 'active', value: 'shut' });
    expect(recorder.last).toBeGreaterThan(0);
  });

  it('tells that an actor has failed by a bug, of which XState tells no snapshot', async () => {
    const { inspector, recorder, root } = await system();
    inspector.turnOn();
    const broken = fromCallback(({ receive }) => {
      receive(() => {
        throw new Error('a bug');
      });
    });
    const parent = setup({ actors: { part: broken } }).createMachine({
      id: 'parent',
      invoke: { id: 'part', src: 'part', onError: { actions: () => {} } },
      on: { hit: { actions: sendTo('part', { type: 'hit' }) } },
    });
    const reply = await startChild(root, child({ id: 'parent', src: parent, shutdown: 0 }));
    if (!reply.ok || !reply.ref) throw new Error('Expected the parent to start');
    reply.ref.send({ type: 'hit' });

    const entries = entriesOf(recorder.after(0));
    const part = [...actorsAt([], entries, Number.POSITIVE_INFINITY).values()].find(
      ({ actor }) => actor.name === 'part',
    );
    expect(part?.status).toBe('error');
  });

  it('gives one part at a time, so that many ends at once do not wait for it', async () => {
    const { inspector, recorder, root } = await system();
    inspector.turnOn();

    expect(recorder.slice([root.sessionId])).toBeDefined();
    expect(recorder.slice([root.sessionId])).toBeUndefined();
  });

  it('gives the part of one actor and those below it, which replays by itself', async () => {
    const { inspector, recorder, start, root } = await system();
    inspector.turnOn();
    const ref = await start();
    ref.send({ type: 'open' });
    await vi.waitFor(() => expect(ref.getSnapshot()).toMatchObject({ status: 'done' }));

    const slice = recorder.slice([ref.sessionId]) as Recording;
    const views = [...actorsAt(slice.baseline, slice.entries, Number.POSITIVE_INFINITY).values()];

    expect(views.map(({ actor, status, states }) => [actor.name, status, states])).toEqual([
      ['front door', 'done', ['gone']],
      ['hinge', 'done', []],
    ]);
    expect(slice.entries.some((entry) => entry.type === 'actor' && entry.actor.id === root.sessionId)).toBe(false);
  });
});
