import type { AnyActorRef } from 'xstate';
import { errorOf, type Scope, startActor, statusOf } from './supervisor-actor.ts';
import type { Child, Ended, Occurrence, Order, TimerEvent } from './supervisor-state.ts';
import type { ErrorContext, Reply, ReplyTo, SupervisorReport } from './supervisor-types.ts';
import { MAX_DELAY } from './timer-index.ts';

/** The orders that change what the shell itself holds are not among these. */
export type OutwardOrder = Exclude<Order, { type: 'postpone' | 'finish' }>;

/** Carries out a supervisor's orders to its children, its timers and those who listen to it. */
export class SupervisorEffects {
  private readonly scope: Scope;
  private readonly name: string;
  private readonly above: AnyActorRef | undefined;

  /**
   * @param name the supervisor's name in reports
   * @param above the nearest supervisor above, which passes reports on
   */
  constructor(scope: Scope, name: string, above: AnyActorRef | undefined) {
    this.scope = scope;
    this.name = name;
    this.above = above;
  }

  /** What came of the order, if that is to be decided upon. */
  perform(order: OutwardOrder): Occurrence | undefined {
    switch (order.type) {
      case 'start':
        return this.start(order);
      case 'askToStop':
        return this.askToStop(order.child);
      case 'force':
        this.force(order.child);
        break;
      case 'wait':
        this.schedule({ type: 'supervisor.waitPassed', id: order.id, starts: order.starts }, order.delay);
        break;
      case 'cancelTimers':
        this.cancelTimers(order.id);
        break;
      case 'report':
        this.report(order.errorContext, order.reason, order.child);
        break;
      case 'reply':
        this.reply(order.replyTo, order.reply);
    }
    return undefined;
  }

  /** Emits a report, here and from every supervisor above. */
  publish(report: SupervisorReport): void {
    this.scope.emit(report);
    if (this.above && statusOf(this.above) === 'active') this.above.send(report);
  }

  reply(replyTo: ReplyTo | undefined, reply: Reply): void {
    try {
      replyTo?.(reply);
    } catch (error) {
      // Whoever asked has failed, which is no reason for the supervisor to fail.
      this.scope.logger(`Supervisor '${this.name}': expected replyTo not to throw, got`, error);
    }
  }

  private start({ spec }: Extract<Order, { type: 'start' }>): Occurrence {
    try {
      return { type: 'started', id: spec.id, ref: startActor(spec, this.scope.self) };
    } catch (error) {
      return { type: 'notStarted', id: spec.id, error };
    }
  }

  /** A child that ends at once needs no deadline. */
  private askToStop({ spec: { id, shutdown }, ref, starts }: Child): Occurrence | undefined {
    if (!ref) return undefined;
    if (statusOf(ref) === 'active') ref.send({ type: 'stop' });
    if (statusOf(ref) !== 'active') return endOf(id, ref);
    this.schedule({ type: 'supervisor.deadlinePassed', id, starts }, shutdown);
    return undefined;
  }

  private force(child: Child): void {
    if (!child.ref) return;
    this.scope.stopChild(child.ref);
    if (statusOf(child.ref) === 'error') this.report('shutdownError', errorOf(child.ref), child);
  }

  private schedule(event: TimerEvent, delay: number): void {
    if (delay === Infinity) return;
    const { self, system } = this.scope;
    system.scheduler.schedule(self, self, event, Math.min(delay, MAX_DELAY), timerId(event.type, event.id));
  }

  private cancelTimers(id: string): void {
    const { self, system } = this.scope;
    system.scheduler.cancel(self, timerId('supervisor.deadlinePassed', id));
    system.scheduler.cancel(self, timerId('supervisor.waitPassed', id));
  }

  private report(errorContext: ErrorContext, reason: unknown, { spec, ref }: Child): void {
    const { id, restart, shutdown, type } = spec;
    const offender = { id, sessionId: ref?.sessionId, restart, shutdown, type };
    this.publish({ type: 'supervisor.report', supervisor: this.name, errorContext, reason, offender });
  }
}

function timerId(type: TimerEvent['type'], id: string): string {
  return `${type}:${id}`;
}

/** The end of an actor that is not active any more. */
export function endOf(id: string, ref: AnyActorRef): Ended {
  return { type: 'ended', id, ref, isError: statusOf(ref) === 'error', error: errorOf(ref) };
}
