import { describe, expect, it } from 'vitest';
import { createActor, createMachine, type InspectionEvent, SimulatedClock } from 'xstate';
import { child, getChild, type SupervisorRef, startChild, stopChild, supervisor } from '../../machines/supervisor.ts';
import { type Diary, startSupervisor, states, worker, workers } from '../fixtures/supervised.ts';

const broken = createMachine({
  entry: () => {
    throw new Error('broken from the start');
  },
});

describe('supervisor: start', () => {
  it('starts its children in order, with itself as their parent', () => {
    const diary: Diary = [];
    const { ref } = startSupervisor({ children: workers(['a', 'b', 'c'], diary) });

    expect(diary).toEqual(['+a', '+b', '+c']);
    expect(states(ref)).toEqual(['a:running', 'b:running', 'c:running']);
    expect(getChild(ref, 'a')?._parent).toBe(ref);
  });

  it('fails at its start, and stops what has started, if a child does not start', () => {
    const { ref, ends, reports } = startSupervisor({
      children: [...workers(['a'], []), child({ id: 'b', src: broken })],
    });

    expect(ends).toMatchObject([
      {
        name: 'SupervisorError',
        message: "Supervisor 'root': child 'b' did not start",
        cause: { message: 'broken from the start' },
      },
    ]);
    expect(states(ref)).toEqual(['a:stopped', 'b:stopped']);
    expect(reports).toMatchObject([{ errorContext: 'startError', offender: { id: 'b' } }]);
  });

  it('refuses two children with the same id', () => {
    const { ends } = startSupervisor({ children: workers(['a', 'a'], []) });

    expect(ends).toMatchObject([{ message: "Supervisor 'root': more than one child 'a'" }]);
  });

  it.each([
    [{ intensity: -1 }, 'Expected intensity to be a number of at least 0, got -1'],
    [{ period: Number.NaN }, 'Expected period to be a number of at least 0, got NaN'],
    [{ backoff: { initial: 0 } }, 'Expected backoff.initial to be a number of at least 1, got 0'],
    [{ backoff: { initial: 1, factor: 0.5 } }, 'Expected backoff.factor to be a number of at least 1, got 0.5'],
    [
      { children: [child({ id: 'a', src: broken, shutdown: -5 })] },
      "Expected shutdown of child 'a' to be a number of at least 0, got -5",
    ],
    [
      { intensity: Infinity },
      'Expected `backoff` with an unlimited intensity, or a child that fails at once never rests',
    ],
  ])('refuses the options %j', (options, message) => {
    expect(startSupervisor(options).ends).toMatchObject([{ name: 'SupervisorError', message }]);
  });

  it('refuses to start where nothing tells the time', () => {
    const ends: unknown[] = [];
    const actor = createActor(supervisor({}));
    actor.subscribe({ error: (error) => ends.push(error) });
    actor.start();

    expect(ends).toMatchObject([
      { message: 'Expected the option `now`, or a clock of the root actor with `now`, got neither' },
    ]);
  });

  it('takes its options from its input', () => {
    const pool = supervisor(({ input }: { input: { size: number } }) => ({
      children: workers(['a', 'b', 'c'].slice(0, input.size), []),
    }));
    const actor = createActor(pool, { clock: new SimulatedClock(), input: { size: 2 } }).start();

    expect(states(actor)).toEqual(['a:running', 'b:running']);
  });

  it('calls an input function at every start', () => {
    let calls = 0;
    const counting = child({ id: 'a', src: worker('a'), input: () => ++calls });
    const { send } = startSupervisor({ intensity: 2, children: [counting] });
    send('a', 'crash');
    send('a', 'crash');

    expect(calls).toBe(3);
  });

  it('answers commands that were sent before its start after its own children have started', async () => {
    const diary: Diary = [];
    const actor = createActor(supervisor({ children: workers(['a'], diary) }), { clock: new SimulatedClock() });
    const reply = startChild(actor, workers(['b'], diary)[0]!);
    actor.start();

    expect(await reply).toMatchObject({ ok: true, ref: { id: 'b' } });
    expect(diary).toEqual(['+a', '+b']);
  });
});

describe('supervisor: one system', () => {
  it('emits again what a child tells its parent', () => {
    const { ref, send } = startSupervisor({ children: workers(['a'], []) });
    const heard: unknown[] = [];
    ref.on('greeting', (event) => heard.push(event));
    send('a', 'hello');

    expect(heard).toEqual([{ type: 'greeting', from: 'a' }]);
  });

  it('finds children by systemId, also after a restart, and frees the name when they end', async () => {
    const children = workers(['a'], [], { systemId: 'A' });
    const { ref, send } = startSupervisor({ children });
    expect(ref.system.get('A')).toBe(getChild(ref, 'a'));
    send('a', 'crash');
    expect(ref.system.get('A')).toBe(getChild(ref, 'a'));
    expect(await startChild(ref, workers(['b'], [], { systemId: 'A' })[0]!)).toMatchObject({ reason: 'failedToStart' });

    await stopChild(ref, 'a');
    expect(ref.system.get('A')).toBeUndefined();
    expect(states(ref)).toEqual(['a:stopped']);
  });

  it('shows the children to an inspector of the root', () => {
    const created: unknown[] = [];
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.actor') created.push((event.actorRef as SupervisorRef).id);
    };
    const pool = supervisor({ children: workers(['a'], []) });
    const root = supervisor({ children: [child({ id: 'pool', src: pool })] });
    createActor(root, { id: 'root', clock: new SimulatedClock(), inspect }).start();

    expect(created).toEqual(['root', 'pool', 'a']);
  });

  it('has the same snapshot until something in it changes', async () => {
    const { ref } = startSupervisor({});
    const before = ref.getSnapshot();
    ref.send({ type: 'whatever' });
    expect(ref.getSnapshot()).toBe(before);

    await startChild(ref, workers(['a'], [])[0]!);
    expect(ref.getSnapshot()).toMatchObject({ status: 'active', specs: 1, active: 1, stopping: false });
  });

  it('starts its children afresh when the machine above is restored from a snapshot', () => {
    const machine = createMachine({
      invoke: { id: 'pool', systemId: 'pool', src: supervisor({ children: workers(['a'], []) }) },
    });
    const first = createActor(machine, { clock: new SimulatedClock() }).start();
    const snapshot = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
    first.stop();
    const second = createActor(machine, { clock: new SimulatedClock(), snapshot }).start();

    expect(states(second.system.get('pool'))).toEqual(['a:running']);
  });
});
