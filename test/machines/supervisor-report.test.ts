import { describe, expect, it } from 'vitest';
import { type AnyActorRef, type AnyEventObject, createMachine, fromPromise, sendParent } from 'xstate';
import {
  child,
  failureReport,
  getChild,
  startChild,
  stopChild,
  supervisor,
  whichChildren,
} from '../../machines/supervisor.ts';
import { startSupervisor, states, worker, workers } from '../fixtures/supervised.ts';

const broken = createMachine({
  entry: () => {
    throw new Error('broken from the start');
  },
});

describe('supervisor: reports', () => {
  it('have the same four fields for every failure', async () => {
    const deaf = child({ id: 'deaf', src: worker('deaf', [], { isDeaf: true }), shutdown: 10, restart: 'temporary' });
    const { ref, clock, reports, send } = startSupervisor({ intensity: 0, children: [...workers(['a'], []), deaf] });
    const sessionIds = whichChildren(ref).map((line) => line.ref?.sessionId);
    await startChild(ref, { id: 'broken', src: broken });
    void stopChild(ref, 'deaf');
    clock.increment(10);
    send('a', 'finish');

    const a = { id: 'a', sessionId: sessionIds[0], restart: 'permanent', shutdown: 5_000, type: 'worker' };
    expect(reports).toEqual([
      {
        type: 'supervisor.report',
        supervisor: 'root',
        errorContext: 'startError',
        reason: new Error('broken from the start'),
        offender: { id: 'broken', sessionId: undefined, restart: 'permanent', shutdown: 5_000, type: 'worker' },
      },
      {
        type: 'supervisor.report',
        supervisor: 'root',
        errorContext: 'shutdownError',
        reason: 'killed',
        offender: { id: 'deaf', sessionId: sessionIds[1], restart: 'temporary', shutdown: 10, type: 'worker' },
      },
      { type: 'supervisor.report', supervisor: 'root', errorContext: 'childTerminated', reason: 'normal', offender: a },
      {
        type: 'supervisor.report',
        supervisor: 'root',
        errorContext: 'shutdown',
        reason: 'reachedMaxRestartIntensity',
        offender: a,
      },
    ]);
  });

  it('reach every supervisor above, also past a machine in between', () => {
    const pool = supervisor({ children: workers(['a'], []) });
    const middle = createMachine({ invoke: { id: 'pool', src: pool, systemId: 'pool' } });
    const { ref, reports } = startSupervisor({ children: [child({ id: 'middle', src: middle })] });
    getChild(ref.system.get('pool'), 'a')?.send({ type: 'crash' });

    expect(reports).toMatchObject([{ supervisor: 'root/middle/pool', offender: { id: 'a' } }]);
  });

  it('tell, with the same four fields, of an actor whose failure a machine below has got over', () => {
    const part = fromPromise(() => {
      throw new Error('on purpose');
    });
    const report = sendParent(({ self, event }: { self: AnyActorRef; event: AnyEventObject }) =>
      failureReport(self, event.actorId, event.error),
    );
    const whole = createMachine({ invoke: { id: 'part', src: part, onError: { actions: report } } });
    const pool = supervisor({ children: [child({ id: 'whole', src: whole })] });
    const { ref, reports } = startSupervisor({ children: [child({ id: 'pool', src: pool })] });

    expect(reports).toEqual([
      {
        type: 'supervisor.report',
        supervisor: 'root/pool/whole',
        errorContext: 'childTerminated',
        reason: new Error('on purpose'),
        offender: { id: 'part', sessionId: undefined, restart: 'temporary', shutdown: 0, type: 'worker' },
      },
    ]);
    expect(states(ref)).toEqual(['pool:running']);
  });

  it('tell once of the crash after which the supervisor gives up', () => {
    const { reports, send } = startSupervisor({ intensity: 0, children: workers(['a'], []) });
    send('a', 'crash');

    expect(reports.map(({ errorContext }) => errorContext)).toEqual(['childTerminated', 'shutdown']);
  });

  it('tell once of a crash that waits for the restart of a group, and is overtaken by stop', () => {
    const deaf = child({ id: 'deaf', src: worker('deaf', [], { isDeaf: true }), shutdown: 100 });
    const { ref, reports, send } = startSupervisor({
      strategy: 'restForOne',
      children: [...workers(['a', 'b'], []), deaf],
    });
    send('b', 'crash');
    send('a', 'crash');
    ref.send({ type: 'stop' });
    getChild(ref, 'deaf')?.send({ type: 'finish' });

    expect(reports.map(({ errorContext, offender }) => [errorContext, offender.id])).toEqual([
      ['childTerminated', 'b'],
      ['shutdownError', 'a'],
    ]);
    expect(ref.getSnapshot().status).toBe('done');
  });

  it('tell nothing of a transient or temporary child that ends well', () => {
    const children = [...workers(['a'], [], { restart: 'transient' }), ...workers(['b'], [], { restart: 'temporary' })];
    const { reports, send } = startSupervisor({ children });
    send('a', 'finish');
    send('b', 'finish');

    expect(reports).toEqual([]);
  });
});
