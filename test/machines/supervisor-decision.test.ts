import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import type { SupervisorOptions } from '../../machines/supervisor.ts';
import { decide } from '../../machines/supervisor-decision.ts';
import { resolveOptions, resolveSpec } from '../../machines/supervisor-options.ts';
import type { Child, Decision, Occurrence, SupervisorState } from '../../machines/supervisor-state.ts';

const logic = createMachine({});
const ref = createActor(logic);
const specs = ['a', 'b', 'c'].map((id) => resolveSpec({ id, src: logic }));
const error = new Error('crashed');
const crashOfB: Occurrence = { type: 'ended', id: 'b', ref, isError: true, error };

describe('decide', () => {
  it('starts one child at a time, in order', () => {
    const { orders, next } = begun({});

    expect(orders).toEqual([{ type: 'start', spec: specs[0] }]);
    expect(next({ type: 'started', id: 'a', ref }).orders).toEqual([{ type: 'start', spec: specs[1] }]);
  });

  it('orders a report and a new start for a crash, and nothing else', () => {
    const { orders } = running({}).next(crashOfB);

    expect(orders).toMatchObject([
      { type: 'report', errorContext: 'childTerminated', reason: error, child: { spec: specs[1] } },
      { type: 'start', spec: specs[1] },
    ]);
  });

  it('orders a wait instead of a start where there is a backoff', () => {
    const { orders } = running({ backoff: { initial: 70 } }).next(crashOfB);

    expect(orders).toMatchObject([{ type: 'report' }, { type: 'wait', id: 'b', starts: 1, delay: 70 }]);
  });

  it('ignores a timer of an earlier life', () => {
    const waiting = running({ backoff: { initial: 70 } }).next(crashOfB);
    expect(waiting.next({ type: 'supervisor.waitPassed', id: 'b', starts: 0 }).orders).toEqual([]);
    expect(waiting.next({ type: 'supervisor.waitPassed', id: 'b', starts: 1 }).orders).toMatchObject([
      { type: 'start' },
    ]);
  });

  it('ignores a deadline of an earlier life', () => {
    const stopping = running({}).next({ type: 'supervisor.stopChild', id: 'b' });

    expect(stopping.next({ type: 'supervisor.deadlinePassed', id: 'b', starts: 0 }).orders).toEqual([]);
    expect(stopping.next({ type: 'supervisor.deadlinePassed', id: 'b', starts: 1 }).orders[1]).toMatchObject({
      type: 'force',
    });
  });

  it('ignores the end of an actor that the child had in an earlier life', () => {
    expect(running({}).next({ ...crashOfB, ref: createActor(logic) }).orders).toEqual([]);
  });

  it('refuses commands after its end', () => {
    const replyTo = () => {};
    const ended = running({}).next({ type: 'kill' });

    expect(ended.next({ type: 'supervisor.stopChild', id: 'a', replyTo }).orders).toEqual([
      { type: 'reply', replyTo, reply: { ok: false, reason: 'shuttingDown' } },
    ]);
  });

  it('postpones commands until a group has been restarted', () => {
    const regrouping = running({ strategy: 'oneForAll' }).next(crashOfB);
    const command = { type: 'supervisor.deleteChild', id: 'a' } as const;

    expect(regrouping.next(command).orders).toEqual([{ type: 'postpone' }]);
  });

  it('decides the same again, and leaves the state as it was, for any sequence of occurrences', () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const starts = fc.nat(3);
    const occurrence: fc.Arbitrary<Occurrence> = fc.oneof(
      fc.record({ type: fc.constant('started' as const), id, ref: fc.constant(ref) }),
      fc.record({ type: fc.constant('notStarted' as const), id, error: fc.constant(error) }),
      fc.record({
        type: fc.constant('ended' as const),
        id,
        ref: fc.constant(ref),
        isError: fc.boolean(),
        error: fc.constant(error),
      }),
      fc.record({
        type: fc.constantFrom('supervisor.deadlinePassed' as const, 'supervisor.waitPassed' as const),
        id,
        starts,
      }),
      fc.record({
        type: fc.constantFrom(
          'supervisor.stopChild' as const,
          'supervisor.restartChild' as const,
          'supervisor.deleteChild' as const,
        ),
        id,
      }),
      fc.record({ type: fc.constant('supervisor.startChild' as const), spec: fc.constantFrom(...specs) }),
      fc.record({ type: fc.constantFrom('stop' as const, 'kill' as const) }),
    );
    const options: fc.Arbitrary<SupervisorOptions> = fc.record({
      strategy: fc.constantFrom('oneForOne' as const, 'oneForAll' as const, 'restForOne' as const),
      intensity: fc.nat(3),
      shutdownOrder: fc.constantFrom('reverse' as const, 'parallel' as const),
    });
    fc.assert(
      fc.property(options, fc.array(occurrence, { maxLength: 30 }), (chosen, occurrences) => {
        let step = begun(chosen);
        for (const [now, drawn] of occurrences.entries()) {
          const isStarting = step.state.phase.type === 'starting';
          const isAnswer = drawn.type === 'started' || drawn.type === 'notStarted';
          if (isAnswer && !isStarting) continue;
          const next = isStarting ? answer(step.orders, drawn.type) : drawn;
          const decision = decide(step.state, next, now);
          expect(decide(step.state, next, now)).toEqual(decision);
          expect(decision.orders.filter(({ type }) => type === 'start').length).toBeLessThanOrEqual(1);
          step = follow(step.state, decision);
        }
      }),
      { numRuns: 200 },
    );
  });
});

interface Step extends Pick<Decision, 'orders'> {
  readonly state: SupervisorState;
  next(occurrence: Occurrence): Step;
}

/** A supervisor of `a`, `b` and `c` whose first start is ordered. */
function begun(options: SupervisorOptions): Step {
  const state = {
    rules: resolveOptions(options, 'root'),
    children: new Map(),
    restarts: [],
    phase: { type: 'idle' },
  } as const;
  return follow(state, decide(state, { type: 'begin', specs }, 0));
}

/** The same, with all three running. */
function running(options: SupervisorOptions): Step {
  return ['a', 'b', 'c'].reduce((step, id) => step.next({ type: 'started', id, ref }), begun(options));
}

/** The state after a decision, in which nothing can be changed. */
function follow({ rules, children }: SupervisorState, { changes, restarts, phase, orders }: Decision): Step {
  const changed = new FrozenMap(children, changes);
  const state = Object.freeze({
    rules,
    children: changed,
    restarts: Object.freeze(restarts),
    phase: Object.freeze(phase),
  });
  return { state, orders, next: (occurrence) => follow(state, decide(state, occurrence, 0)) };
}

class FrozenMap extends Map<string, Child> {
  constructor(children: ReadonlyMap<string, Child>, changes: Decision['changes']) {
    super();
    for (const [id, child] of children) if (!changes.has(id) || changes.get(id)) super.set(id, child);
    for (const [id, child] of changes) if (child) super.set(id, Object.freeze(child));
  }

  override set(id: string): never {
    throw new Error(`Expected the state to be left alone, got a new '${id}'`);
  }

  override delete(id: string): never {
    throw new Error(`Expected the state to be left alone, got '${id}' deleted`);
  }
}

/** The answer to the start that is ordered: a failure only if one was drawn. */
function answer(orders: Decision['orders'], drawn: Occurrence['type']): Occurrence {
  const start = orders.find((order) => order.type === 'start');
  if (!start) throw new Error('Expected a start to be ordered');
  const { id } = start.spec;
  return drawn === 'notStarted' ? { type: 'notStarted', id, error } : { type: 'started', id, ref };
}
