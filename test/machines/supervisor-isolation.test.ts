import { describe, expect, it } from 'vitest';
import {
  type AnyActorLogic,
  type AnyActorRef,
  assign,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  type Observer,
  raise,
} from 'xstate';
import { child, getChild, type Restart, startChild, stopChild, supervisor } from '../../machines/supervisor.ts';
import { startSupervisor, states, workers } from '../fixtures/supervised.ts';

const fail = () => {
  throw new Error('on purpose');
};
const rejected = fromPromise(async () => fail());

/** Each throws in another place: at its start, on the event `go`, after 10 ms, or when it is stopped. */
const failing: Record<string, AnyActorLogic> = {
  context: createMachine({ context: fail }),
  entry: createMachine({ entry: fail }),
  assign: createMachine({ entry: assign(fail) }),
  always: createMachine({ initial: 'a', states: { a: { always: { guard: fail, target: 'b' } }, b: {} } }),
  promise: rejected,
  promiseFunction: fromPromise(fail),
  callback: fromCallback(fail),
  invokedPromise: createMachine({ invoke: { src: rejected } }),
  invokedCallback: createMachine({ invoke: { src: fromCallback(fail) } }),
  action: createMachine({ on: { go: { actions: fail } } }),
  guard: createMachine({ on: { go: { guard: fail, actions: 'none' } } }),
  receive: fromCallback(({ receive }) => receive(fail)),
  timer: createMachine({ after: { 10: { actions: fail } } }),
  timerGuard: createMachine({ after: { 10: { guard: fail, actions: 'none' } } }),
  output: createMachine({ initial: 'on', states: { on: { on: { go: 'off' } }, off: { type: 'final' } }, output: fail }),
  exit: createMachine({ initial: 'a', states: { a: { exit: fail, on: { go: 'b' } }, b: {} } }),
  cleanup: fromCallback(() => fail),
  stop: createMachine({ on: { stop: { actions: fail } } }),
  initialTransition: fromTransition((state) => state, fail),
  transition: fromTransition((state, { type }) => (type === 'go' ? fail() : state), 0),
  failingObservable: fromObservable(() => ({
    subscribe: (observer) => {
      queueMicrotask(() => (observer as Observer<unknown>).error?.(new Error('on purpose')));
      return { unsubscribe: () => {} };
    },
  })),
  delay: createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { after: { later: 'a' } } } }).provide({
    delays: { later: fail },
  }),
  invokedInput: createMachine({
    initial: 'a',
    states: { a: { on: { go: 'b' } }, b: { invoke: { src: rejected, input: fail } } },
  }),
  spawn: createMachine({
    on: { go: { actions: assign(({ spawn }) => ({ ref: spawn(createMachine({ entry: fail })) })) } },
  }),
  raise: createMachine({ on: { go: { actions: raise({ type: 'again' }) }, again: { actions: fail } } }),
  doneAction: createMachine({ invoke: { src: fromPromise(async () => 1), onDone: { actions: fail } } }),
};

describe('supervisor: a child that throws', () => {
  it.each(Object.keys(failing))(
    'in its %s reaches neither its siblings nor the process, and is reported',
    async (id) => {
      const { ref, clock, ends, reports } = startSupervisor({
        intensity: 5,
        backoff: { initial: 1_000 },
        children: workers(['sibling'], []),
      });
      const sibling = getChild(ref, 'sibling');
      await startChild(ref, { id, src: failing[id]!, shutdown: 100 });
      const started: AnyActorRef | undefined = getChild(ref, id);
      if (started?.getSnapshot().status === 'active') started.send({ type: 'go' });
      clock.increment(10);
      await new Promise((resolve) => setImmediate(resolve));
      void stopChild(ref, id);
      clock.increment(100);

      const sessionId = reports[0]?.errorContext === 'startError' ? undefined : expect.any(String);
      expect(reports.filter(({ reason }) => reason instanceof Error)).toEqual([
        {
          type: 'supervisor.report',
          supervisor: 'root',
          errorContext: expect.stringMatching(/^(startError|childTerminated|shutdownError)$/),
          reason: expect.objectContaining({ message: expect.stringContaining('on purpose') }),
          offender: { id, sessionId, restart: 'permanent', shutdown: 100, type: 'worker' },
        },
      ]);
      expect(states(ref).filter((line) => !line.endsWith(':stopped'))).toEqual(['sibling:running']);
      expect(getChild(ref, 'sibling')).toBe(sibling);
      expect(sibling?.getSnapshot().status).toBe('active');
      expect(ends).toEqual([]);
    },
  );

  it('when it is created, by its input or a taken name, fails its start alone', async () => {
    const { ref } = startSupervisor({ children: workers(['a'], [], { systemId: 'taken' }) });
    const spec = workers(['b'], [])[0]!;

    expect(await startChild(ref, { ...spec, input: fail })).toMatchObject({ error: { message: 'on purpose' } });
    expect(await startChild(ref, { ...spec, systemId: 'taken' })).toMatchObject({ reason: 'failedToStart' });
    expect(states(ref)).toEqual(['a:running']);
  });
});

describe('supervisor: nothing is left below a child', () => {
  it.each(['temporary', 'permanent'] as const)('that crashes, if it is %s', (restart: Restart) => {
    const { alive, leaf } = countedLeaf();
    const middle = createMachine({ invoke: { src: leaf } });
    const top = createMachine({ invoke: [{ src: leaf }, { src: middle }], on: { go: { actions: fail } } });
    const { ref } = startSupervisor({ children: [child({ id: 'top', src: top, restart })] });
    expect(alive.size).toBe(2);
    const before = [...alive];
    getChild(ref, 'top')?.send({ type: 'go' });

    expect(before.filter((each) => alive.has(each))).toEqual([]);
    expect(alive.size).toBe(restart === 'permanent' ? 2 : 0);
  });

  it('that fails to start after its own children have started', async () => {
    const { alive, leaf } = countedLeaf();
    const { ref } = startSupervisor({});
    const halfStarted = createMachine({ invoke: [{ src: leaf }, { src: fromCallback(fail) }], on: { never: {} } });
    await startChild(ref, { id: 'a', src: halfStarted });

    expect(alive.size).toBe(0);
  });

  it('in which a machine has crashed and taken it along', () => {
    const { alive, leaf } = countedLeaf();
    const crashing = createMachine({ invoke: { src: leaf }, on: { go: { actions: fail } } });
    const top = createMachine({ invoke: { src: crashing, systemId: 'crashing' } });
    const { ref } = startSupervisor({ children: [child({ id: 'top', src: top, restart: 'temporary' })] });
    expect(alive.size).toBe(1);
    ref.system.get('crashing').send({ type: 'go' });

    expect(states(ref)).toEqual([]);
    expect(alive.size).toBe(0);
  });

  it('in which a machine has crashed and was got over', () => {
    const { alive, leaf } = countedLeaf();
    const crashing = createMachine({ invoke: { src: leaf }, on: { go: { actions: fail } } });
    const top = createMachine({ invoke: { src: crashing, systemId: 'crashing', onError: {} } });
    const { ref } = startSupervisor({ children: [child({ id: 'top', src: top })] });
    ref.system.get('crashing').send({ type: 'go' });

    expect(states(ref)).toEqual(['top:running']);
    expect(alive.size).toBe(0);
  });

  it('that is itself a supervisor, if the machine between them crashes', () => {
    const { alive, leaf } = countedLeaf();
    const pool = supervisor({ children: [child({ id: 'leaf', src: leaf })] });
    const top = createMachine({ invoke: { src: pool }, on: { go: { actions: fail } } });
    const { ref } = startSupervisor({ children: [child({ id: 'top', src: top, restart: 'temporary' })] });
    expect(alive.size).toBe(1);
    getChild(ref, 'top')?.send({ type: 'go' });

    expect(alive.size).toBe(0);
  });

  it('at the cost of one look at each end, however many supervisors there are', async () => {
    const { ref } = startSupervisor({});
    const { cancelAll } = ref.system.scheduler;
    await startChild(ref, { id: 'pool', src: supervisor({}) });

    expect(ref.system.scheduler.cancelAll).toBe(cancelAll);
  });

  it('that is forced to stop by its own action, which then throws', () => {
    const { alive, leaf } = countedLeaf();
    const { ref } = startSupervisor({});
    const suicidal = createMachine({
      invoke: { src: leaf },
      on: {
        go: {
          actions: () => {
            void stopChild(ref, 'suicidal');
            fail();
          },
        },
      },
    });
    void startChild(ref, { id: 'suicidal', src: suicidal, shutdown: 0, systemId: 'suicidal' });
    getChild(ref, 'suicidal')?.send({ type: 'go' });

    expect(states(ref)).toEqual(['suicidal:stopped']);
    expect(ref.system.get('suicidal')).toBeUndefined();
    expect(alive.size).toBe(0);
  });
});

/** A child that is in `alive` from its start to its cleanup. */
function countedLeaf() {
  const alive = new Set<symbol>();
  const leaf = fromCallback(() => {
    const self = Symbol('leaf');
    alive.add(self);
    return () => alive.delete(self);
  });
  return { alive, leaf };
}
