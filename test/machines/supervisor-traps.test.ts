/**
 * What XState does beside the rules of a supervisor. A test that fails here after an upgrade of XState says which
 * sentence of `docs/supervisor.md` has to be written anew.
 */
import { describe, expect, it } from 'vitest';
import {
  type AnyActorRef,
  createActor,
  createMachine,
  emit,
  fromCallback,
  fromPromise,
  type InspectionEvent,
  SimulatedClock,
  sendParent,
  spawnChild,
} from 'xstate';
import { child, getChild, startChild, stopChild, supervisor } from '../../machines/supervisor.ts';
import { startActor, startSupervisor, states, worker } from '../fixtures/supervised.ts';

const fail = () => {
  throw new Error('on purpose');
};
const crashing = createMachine({ on: { crash: { actions: fail } } });

describe('trap: outside of any supervisor', () => {
  it('an observer without an error handler makes a supervised crash an uncaught exception', async () => {
    const { ref } = startSupervisor({ children: [child({ id: 'a', src: crashing })] });
    getChild(ref, 'a')?.subscribe(() => {});

    expect(await uncaughtBy(() => getChild(ref, 'a')?.send({ type: 'crash' }))).toBe('on purpose');
  });

  it('an async action that fails is an unhandled rejection', async () => {
    const src = createMachine({ entry: async () => fail() });

    expect(await uncaughtBy(() => startSupervisor({ children: [child({ id: 'a', src })] }))).toBe('on purpose');
  });

  it('a listener of emitted events that throws is an uncaught exception', async () => {
    const src = createMachine({ on: { go: { actions: emit({ type: 'told' }) } } });
    const { ref } = startSupervisor({ children: [child({ id: 'a', src })] });
    getChild(ref, 'a')?.on('told', fail);

    expect(await uncaughtBy(() => getChild(ref, 'a')?.send({ type: 'go' }))).toBe('on purpose');
  });

  it('a machine that does not handle the error of a supervisor dies with it', () => {
    const pool = supervisor({ intensity: 0, children: [child({ id: 'a', src: crashing, systemId: 'a' })] });
    const root = createActor(createMachine({ invoke: { src: pool } }), { clock: new SimulatedClock() });
    const errors: unknown[] = [];
    root.subscribe({ error: (error) => errors.push(error) });
    root.start().system.get('a').send({ type: 'crash' });

    expect(errors).toMatchObject([{ name: 'SupervisorError' }]);
  });

  it('an inspector that throws ends the supervisor, and its children by force', () => {
    let isArmed = false;
    const inspect = (event: InspectionEvent) => {
      if (isArmed && event.type === '@xstate.event' && event.event.type === 'stop') fail();
    };
    const root = supervisor({ children: [child({ id: 'a', src: worker('a') })] });
    const actor = createActor(root, { clock: new SimulatedClock(), inspect });
    actor.subscribe({ error: () => {} });
    actor.start();
    isArmed = true;
    actor.send({ type: 'supervisor.stopChild', id: 'a' });

    expect(actor.getSnapshot().status).toBe('error');
    expect(states(actor)).toEqual(['a:stopped']);
  });
});

describe('trap: ends', () => {
  it('neither a promise nor a callback follows stop, so each costs its whole deadline', () => {
    const pending = fromPromise(() => new Promise(() => {}));
    const silent = fromCallback(() => {});
    for (const src of [pending, silent]) {
      const { ref, clock } = startSupervisor({ children: [child({ id: 'a', src, shutdown: 100 })] });
      ref.send({ type: 'stop' });
      clock.increment(99);
      expect(ref.getSnapshot().status).toBe('active');
      clock.increment(1);
      expect(ref.getSnapshot().status).toBe('done');
    }
  });

  it('a forced stop runs no exit actions', () => {
    const exits: string[] = [];
    const src = createMachine({ exit: () => exits.push('exit') });
    const { actor } = startSupervisor({ children: [child({ id: 'a', src })] });
    actor.stop();

    expect(exits).toEqual([]);
  });

  it('a callback whose receiver throws never runs its cleanup', () => {
    const cleanups: string[] = [];
    const src = fromCallback(({ receive }) => {
      receive(fail);
      return () => cleanups.push('cleanup');
    });
    const { ref } = startSupervisor({ children: [child({ id: 'a', src, restart: 'temporary' })] });
    getChild(ref, 'a')?.send({ type: 'go' });

    expect(states(ref)).toEqual([]);
    expect(cleanups).toEqual([]);
  });

  it('the end of a child that somebody else stops is not heard until it is told to stop', async () => {
    const { ref } = startSupervisor({ children: [child({ id: 'a', src: crashing })] });
    getChild(ref, 'a')?.send({ type: 'xstate.stop' });

    expect(getChild(ref, 'a')?.getSnapshot().status).toBe('stopped');
    expect(states(ref)).toEqual(['a:running']);
    expect(await stopChild(ref, 'a')).toEqual({ ok: true });
  });

  it('a child that tells its parent to stop stops the supervisor', () => {
    const src = createMachine({ on: { go: { actions: sendParent({ type: 'stop' }) } } });
    const { ref } = startSupervisor({ children: [child({ id: 'a', src, shutdown: 0 })] });
    getChild(ref, 'a')?.send({ type: 'go' });

    expect(ref.getSnapshot().status).toBe('done');
  });

  it('without a supervisor in the system, the children of a machine that throws run on', () => {
    const started: AnyActorRef[] = [];
    const leaf = fromCallback(({ self }) => {
      started.push(self);
    });
    const actor = createActor(createMachine({ invoke: { src: leaf }, on: { crash: { actions: fail } } }));
    actor.subscribe({ error: () => {} });
    actor.start().send({ type: 'crash' });

    expect(actor.getSnapshot().status).toBe('error');
    expect(started.map((each) => each.getSnapshot().status)).toEqual(['active']);
  });
});

describe('trap: names and clocks', () => {
  it('a systemId taken in the step that throws stays taken', async () => {
    const src = createMachine({
      on: { go: { actions: [spawnChild(worker('nested'), { id: 'nested', systemId: 'nested' }), fail] } },
    });
    const { ref } = startSupervisor({ children: [child({ id: 'a', src })] });
    getChild(ref, 'a')?.send({ type: 'go' });

    expect(ref.system.get('nested')).toBeDefined();
    const reply = await startChild(ref, { id: 'b', src: worker('b'), systemId: 'nested' });
    expect(reply).toMatchObject({ ok: false, reason: 'failedToStart' });
  });

  it('a child is not known to getChild during its own first step', async () => {
    const found: unknown[] = [];
    const { ref } = startActor(supervisor({}));
    const src = createMachine({ entry: () => found.push(getChild(ref, 'a')) });
    await startChild(ref, { id: 'a', src });

    expect(found).toEqual([undefined]);
    expect(await stopChild(ref, 'unknown')).toEqual({ ok: false, reason: 'notFound' });
  });

  it('a simulated clock fires once in one long step what it fires ten times in ten short ones', () => {
    const firedIn = (step: number) => {
      const clock = new SimulatedClock();
      let fired = 0;
      const src = createMachine({
        initial: 'on',
        states: { on: { after: { 10: { target: 'on', reenter: true, actions: () => fired++ } } } },
      });
      const actor = createActor(src, { clock }).start();
      for (let passed = 0; passed < 100; passed += step) clock.increment(step);
      actor.stop();
      return fired;
    };

    expect([firedIn(10), firedIn(100)]).toEqual([10, 1]);
  });
});

/** The message of the first error that `action` lets reach the process, in place of the test runner's handling. */
async function uncaughtBy(action: () => unknown): Promise<string> {
  const kinds = ['uncaughtException', 'unhandledRejection'] as const;
  const before = kinds.map((kind) => process.rawListeners(kind));
  for (const kind of kinds) process.removeAllListeners(kind);
  try {
    return await new Promise<string>((resolve) => {
      for (const kind of kinds) process.on(kind, (error: Error) => resolve(error.message));
      action();
    });
  } finally {
    for (const [index, kind] of kinds.entries()) {
      process.removeAllListeners(kind);
      for (const listener of before[index]!) process.on(kind, listener as (error: unknown) => void);
    }
  }
}
