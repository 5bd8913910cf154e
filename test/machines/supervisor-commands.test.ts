import { describe, expect, it } from 'vitest';
import { createActor, createMachine, SimulatedClock, sendTo } from 'xstate';
import {
  child,
  countChildren,
  deleteChild,
  getChild,
  getChildSpec,
  getOptions,
  restartChild,
  startChild,
  stopChild,
  supervisor,
} from '../../machines/supervisor.ts';
import { type Diary, startSupervisor, states, worker, workers } from '../fixtures/supervised.ts';

describe('supervisor: commands', () => {
  it('refuse what does not fit, and say why', async () => {
    const { ref, send } = startSupervisor({ backoff: { initial: 100 }, children: workers(['a'], []) });
    const again = () => startChild(ref, workers(['a'], [])[0]!);

    expect(await again()).toEqual({ ok: false, reason: 'alreadyStarted' });
    expect(await deleteChild(ref, 'a')).toEqual({ ok: false, reason: 'running' });
    expect(await restartChild(ref, 'a')).toEqual({ ok: false, reason: 'running' });
    send('a', 'crash');
    expect(await restartChild(ref, 'a')).toEqual({ ok: false, reason: 'restarting' });
    expect(await deleteChild(ref, 'a')).toEqual({ ok: false, reason: 'restarting' });
    expect(await stopChild(ref, 'a')).toEqual({ ok: true });
    expect(await again()).toEqual({ ok: false, reason: 'alreadyPresent' });
    expect(await restartChild(ref, 'a')).toMatchObject({ ok: true, ref: { id: 'a' } });
    await stopChild(ref, 'a');
    expect(await deleteChild(ref, 'a')).toEqual({ ok: true });
    expect(await stopChild(ref, 'a')).toEqual({ ok: false, reason: 'notFound' });
  });

  it('answer every stop of the same child when it has ended', async () => {
    const deaf = child({ id: 'a', src: worker('a', [], { isDeaf: true }), shutdown: 100 });
    const { ref, clock } = startSupervisor({ children: [deaf] });
    const replies = Promise.all([stopChild(ref, 'a'), stopChild(ref, 'a')]);
    expect(await restartChild(ref, 'a')).toEqual({ ok: false, reason: 'running' });
    clock.increment(100);

    expect(await replies).toEqual([{ ok: true }, { ok: true }]);
  });

  it('go on while one child is being stopped', async () => {
    const diary: Diary = [];
    const deaf = child({ id: 'deaf', src: worker('deaf', diary, { isDeaf: true }) });
    const { ref } = startSupervisor({ children: [deaf, ...workers(['a'], diary)] });
    void stopChild(ref, 'deaf');

    expect(await startChild(ref, workers(['b'], diary)[0]!)).toMatchObject({ ok: true });
    expect(await stopChild(ref, 'a')).toEqual({ ok: true });
    expect(diary).toEqual(['+deaf', '+a', '+b', '-a']);
    expect(states(ref)).toEqual(['deaf:stopping', 'a:stopped', 'b:running']);
  });

  it('wait while a group is restarted', async () => {
    const deaf = child({ id: 'deaf', src: worker('deaf', [], { isDeaf: true }), shutdown: 100 });
    const { ref, clock, send } = startSupervisor({ strategy: 'oneForAll', children: [...workers(['a'], []), deaf] });
    send('a', 'crash');
    const replies = ['b', 'c', 'd'].map((id) => startChild(ref, workers([id], [])[0]!));
    expect(states(ref)).toEqual(['a:restarting', 'deaf:stopping']);
    clock.increment(100);

    expect(await Promise.all(replies)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
    expect(states(ref)).toEqual(['a:running', 'deaf:running', 'b:running', 'c:running', 'd:running']);
  });

  it('answer the stop of a child outside the group that is restarted', async () => {
    const deaf = (id: string) => child({ id, src: worker(id, [], { isDeaf: true }) });
    const { ref, send } = startSupervisor({
      strategy: 'restForOne',
      children: [deaf('first'), ...workers(['b'], []), deaf('last')],
    });
    const stopped = stopChild(ref, 'first');
    send('b', 'crash');
    send('first', 'finish');

    expect(await stopped).toEqual({ ok: true });
    expect(states(ref)).toEqual(['first:stopped', 'b:restarting', 'last:stopping']);
  });

  it('are refused as busy when ten thousand wait already', async () => {
    const deaf = child({ id: 'deaf', src: worker('deaf', [], { isDeaf: true }), shutdown: 100 });
    const { ref, clock, send } = startSupervisor({ strategy: 'oneForAll', children: [...workers(['a'], []), deaf] });
    send('a', 'crash');
    const replies = Array.from({ length: 10_001 }, () => deleteChild(ref, 'unknown'));

    ref.send({ type: 'supervisor.startChild', spec: workers(['late'], [])[0]! });

    expect(await replies.at(-1)).toEqual({ ok: false, reason: 'busy' });
    clock.increment(100);
    expect(await replies.at(-2)).toEqual({ ok: false, reason: 'notFound' });
    expect(states(ref)).toEqual(['a:running', 'deaf:running']);
  });

  it('can be sent by a machine that is the parent', () => {
    const root = createMachine({
      invoke: { id: 'pool', src: supervisor({}), systemId: 'pool' },
      on: {
        add: {
          actions: sendTo('pool', { type: 'supervisor.startChild', spec: child({ id: 'a', src: worker('a') }) }),
        },
      },
    });
    const actor = createActor(root, { clock: new SimulatedClock() }).start();
    actor.send({ type: 'add' });

    expect(states(actor.system.get('pool'))).toEqual(['a:running']);
  });

  it('survive a replyTo that throws', () => {
    const { ref } = startSupervisor({ children: workers(['a'], []) });
    ref.send({
      type: 'supervisor.stopChild',
      id: 'a',
      replyTo: () => {
        throw new Error('from replyTo');
      },
    });

    expect(states(ref)).toEqual(['a:stopped']);
    expect(ref.getSnapshot().status).toBe('active');
  });

  it('count children in the words of OTP', async () => {
    const { ref } = startSupervisor({
      children: [...workers(['a', 'b'], []), child({ id: 'pool', src: supervisor({}) })],
    });
    await stopChild(ref, 'a');

    expect(countChildren(ref)).toEqual({ specs: 3, active: 2, supervisors: 1, workers: 2 });
    expect(ref.getSnapshot()).toMatchObject({ specs: 3, active: 2 });
  });

  it('tell how a supervisor and its children are looked after, with the defaults filled in', () => {
    const pool = supervisor({ strategy: 'oneForAll', backoff: { initial: 50 } });
    const { ref } = startSupervisor({
      children: [...workers(['a'], []), child({ id: 'pool', src: pool, restart: 'transient' })],
    });

    expect(getChildSpec(ref, 'a')).toEqual({ restart: 'permanent', shutdown: 5_000, type: 'worker' });
    expect(getChildSpec(ref, 'pool')).toEqual({ restart: 'transient', shutdown: Infinity, type: 'supervisor' });
    expect(getChildSpec(ref, 'b')).toBeUndefined();
    expect(getOptions(getChild(ref, 'pool')!)).toEqual({
      strategy: 'oneForAll',
      shutdownOrder: 'reverse',
      intensity: 1,
      period: 5_000,
      backoff: { initial: 50, factor: 2, max: 30_000, resetAfter: 5_000 },
    });
    expect(getOptions(getChild(ref, 'a')!)).toBeUndefined();
  });
});
