import { describe, expect, it } from 'vitest';
import { createActor, createMachine, fromCallback, SimulatedClock } from 'xstate';
import { child, type Reply, startChild, stopChild, supervisor } from '../../machines/supervisor.ts';
import { type Diary, startSupervisor, states, timersOf, worker, workers } from '../fixtures/supervised.ts';

describe('supervisor: stop', () => {
  it('stops its children one after the other, the last first, and is done when the first has ended', () => {
    const diary: Diary = [];
    const deaf = child({ id: 'deaf', src: worker('deaf', diary, { isDeaf: true }), shutdown: 300 });
    const { ref, clock, ends, reports } = startSupervisor({
      children: [...workers(['a'], diary), deaf, ...workers(['c'], diary)],
    });
    diary.length = 0;
    ref.send({ type: 'stop' });
    expect(diary).toEqual(['-c']);
    expect(ref.getSnapshot()).toMatchObject({ status: 'active', stopping: true, active: 2 });

    clock.increment(299);
    expect(diary).toEqual(['-c']);
    clock.increment(1);
    expect(diary).toEqual(['-c', '-a']);
    expect(ends).toEqual(['complete']);
    expect(ref.getSnapshot()).toMatchObject({ status: 'done', active: 0 });
    expect(reports).toMatchObject([{ errorContext: 'shutdownError', reason: 'killed', offender: { id: 'deaf' } }]);
    expect(timersOf(clock)).toBe(0);
  });

  it('asks all children at once where shutdownOrder is parallel, each with its own deadline', () => {
    const diary: Diary = [];
    const deaf = (id: string, shutdown: number) =>
      child({ id, src: worker(id, diary, { isDeaf: true }), shutdown, restart: 'temporary' });
    const { ref, clock, ends } = startSupervisor({
      shutdownOrder: 'parallel',
      children: [...workers(['a'], diary), deaf('slow', 300), deaf('fast', 100), ...workers(['d'], diary)],
    });
    diary.length = 0;
    ref.send({ type: 'stop' });
    expect(diary).toEqual(['-d', '-a']);

    clock.increment(100);
    expect(states(ref)).toEqual(['a:stopped', 'slow:stopping', 'd:stopped']);
    clock.increment(199);
    expect(ends).toEqual([]);
    clock.increment(1);
    expect(ends).toEqual(['complete']);
  });

  it('stops in parallel also when it gives up, but keeps the order when it restarts a group', () => {
    const diary: Diary = [];
    const deaf = (id: string) => child({ id, src: worker(id, diary, { isDeaf: true }), shutdown: 100 });
    const { ref, clock, ends, send } = startSupervisor({
      strategy: 'oneForAll',
      shutdownOrder: 'parallel',
      children: [...workers(['a'], diary), deaf('b'), deaf('c')],
    });
    send('a', 'crash');
    expect(states(ref)).toEqual(['a:restarting', 'b:running', 'c:stopping']);
    clock.increment(100);
    clock.increment(100);
    expect(states(ref)).toEqual(['a:running', 'b:running', 'c:running']);

    send('a', 'crash');
    expect(states(ref)).toEqual(['a:stopped', 'b:stopping', 'c:stopping']);
    clock.increment(100);
    expect(ends).toMatchObject([{ name: 'SupervisorError' }]);
  });

  it('waits for a supervisor below as long as that waits for its children', () => {
    const slow = child({ id: 'slow', src: worker('slow', [], { isDeaf: true }), shutdown: 60_000 });
    const pool = child({ id: 'pool', src: supervisor({ children: [slow] }) });
    const { ref, clock } = startSupervisor({ children: [pool] });
    ref.send({ type: 'stop' });
    clock.increment(59_999);
    expect(ref.getSnapshot().status).toBe('active');
    expect(timersOf(clock)).toBe(1);

    clock.increment(1);
    expect(ref.getSnapshot().status).toBe('done');
  });

  it('a second stop changes nothing', () => {
    const deaf = child({ id: 'a', src: worker('a', [], { isDeaf: true }), shutdown: 100 });
    const { ref, clock } = startSupervisor({ children: [deaf] });
    ref.send({ type: 'stop' });
    clock.increment(99);
    ref.send({ type: 'stop' });
    clock.increment(1);

    expect(ref.getSnapshot().status).toBe('done');
  });

  it('forces children with shutdown 0 without asking them', () => {
    const diary: Diary = [];
    const { ref, reports } = startSupervisor({ children: workers(['a'], diary, { shutdown: 0 }) });
    ref.send({ type: 'stop' });

    expect(diary).toEqual(['+a']);
    expect(ref.getSnapshot().status).toBe('done');
    expect(reports).toEqual([]);
  });

  it('does not end a deadline above 24.8 days at once', () => {
    const deaf = child({ id: 'a', src: worker('a', [], { isDeaf: true }), shutdown: 2 ** 40 });
    const { ref, clock } = startSupervisor({ children: [deaf] });
    ref.send({ type: 'stop' });
    clock.increment(2 ** 31 - 2);
    expect(ref.getSnapshot().status).toBe('active');

    clock.increment(1);
    expect(ref.getSnapshot().status).toBe('done');
  });

  it('overtakes the restart of a group, and refuses the commands that wait and that come', async () => {
    const diary: Diary = [];
    const deaf = child({ id: 'deaf', src: worker('deaf', diary, { isDeaf: true }), shutdown: 100 });
    const { ref, clock, send } = startSupervisor({ strategy: 'oneForAll', children: [...workers(['a'], diary), deaf] });
    send('a', 'crash');
    const waiting = startChild(ref, workers(['b'], diary)[0]!);
    diary.length = 0;
    ref.send({ type: 'stop' });
    const late = startChild(ref, workers(['c'], diary)[0]!);
    clock.increment(100);

    expect(await Promise.all([waiting, late])).toEqual(Array(2).fill({ ok: false, reason: 'shuttingDown' }));
    expect(await stopChild(ref, 'a')).toEqual({ ok: false, reason: 'shuttingDown' });
    expect(diary).toEqual([]);
    expect(ref.getSnapshot().status).toBe('done');
  });

  it('answers a command that was sent in the very step in which the supervisor ends', async () => {
    const { ref } = startSupervisor({});
    const replies: Promise<Reply>[] = [];
    const late = workers(['late'], [])[0]!;
    const meddling = createMachine({
      initial: 'on',
      states: {
        on: { on: { stop: { target: 'off', actions: () => replies.push(startChild(ref, late)) } } },
        off: { type: 'final' },
      },
    });
    await startChild(ref, { id: 'meddling', src: meddling });
    ref.send({ type: 'stop' });

    expect(ref.getSnapshot().status).toBe('done');
    expect(await Promise.all(replies)).toEqual([{ ok: false, reason: 'shuttingDown' }]);
  });
});

describe('supervisor: stopped from outside', () => {
  it('stops its children at once, the last first', () => {
    const stopped: string[] = [];
    const leaf = (id: string) => child({ id, src: fromCallback(() => () => stopped.push(id)) });
    const { actor, ref } = startSupervisor({ children: ['a', 'b', 'c'].map(leaf) });
    actor.stop();

    expect(stopped).toEqual(['c', 'b', 'a']);
    expect(ref.getSnapshot()).toMatchObject({ status: 'stopped', active: 0 });
  });

  it('answers the stops and refuses the commands that wait', async () => {
    const deaf = child({ id: 'deaf', src: worker('deaf', [], { isDeaf: true }) });
    const { actor, ref, send } = startSupervisor({ strategy: 'oneForAll', children: [...workers(['a'], []), deaf] });
    const stopping = stopChild(ref, 'deaf');
    send('a', 'crash');
    const waiting = startChild(ref, workers(['b'], [])[0]!);
    actor.stop();

    expect(await stopping).toEqual({ ok: true });
    expect(await waiting).toEqual({ ok: false, reason: 'shuttingDown' });
    expect(await startChild(ref, workers(['c'], [])[0]!)).toEqual({ ok: false, reason: 'shuttingDown' });
  });

  it('frees the names of its children when the state that invokes it is entered again', () => {
    const machine = createMachine({
      initial: 'on',
      states: {
        on: {
          invoke: { id: 'pool', src: supervisor({ children: workers(['a'], [], { systemId: 'a' }) }) },
          on: { again: { target: 'on', reenter: true } },
        },
      },
    });
    const actor = createActor(machine, { clock: new SimulatedClock() }).start();
    const before = actor.system.get('a');
    actor.send({ type: 'again' });

    expect(before.getSnapshot().status).toBe('stopped');
    expect(actor.system.get('a').getSnapshot().status).toBe('active');
    expect(actor.getSnapshot().status).toBe('active');
  });
});
