import type { EventObject, Snapshot } from 'xstate';
import { ancestorsOf, nameOf, type Scope, statusOf } from './supervisor-actor.ts';
import { decide } from './supervisor-decision.ts';
import { endOf, SupervisorEffects } from './supervisor-effects.ts';
import { resolveOptions, resolveSpec } from './supervisor-options.ts';
import type { Child, Decision, Occurrence, Order, ResolvedSpec, SupervisorState } from './supervisor-state.ts';
import { isCommand, type TimerEvent } from './supervisor-state.ts';
import type {
  ChildSpec,
  Clock,
  Reply,
  ReplyTo,
  SupervisorCommand,
  SupervisorEvent,
  SupervisorOptions,
  SupervisorReport,
  SupervisorRules,
  SupervisorSnapshot,
} from './supervisor-types.ts';
import { SupervisorError } from './supervisor-types.ts';

/** Commands that may wait while a group of children is restarted; our choice, far above what one server needs. */
const MAX_POSTPONED_COMMANDS = 10_000;

const ACTIVE: Snapshot<undefined> = { status: 'active', output: undefined, error: undefined };

const SHUTTING_DOWN: Reply = { ok: false, reason: 'shuttingDown' };

/** What the shell itself acts upon; any other event is a child's end, or what a child tells its parent. */
type OwnEvent =
  | SupervisorCommand
  | SupervisorReport
  | TimerEvent
  | { readonly type: 'supervisor.begin' }
  | { readonly type: 'stop' };

const shells = new WeakMap<object, SupervisorShell>();

/** The shell of a supervisor; undefined if its options were refused. */
export function shellOf(ref: object): SupervisorShell | undefined {
  return shells.get(ref);
}

/** Holds one supervisor's state, tells the rules what happens, and has carried out what they order. */
export class SupervisorShell {
  private readonly scope: Scope;
  private readonly options: SupervisorOptions;
  private readonly now: () => number;
  private readonly effects: SupervisorEffects;
  private readonly children = new Map<string, Child>();
  private readonly postponed: Occurrence[] = [];
  private readonly unanswered = new Set<ReplyTo>();
  private state: SupervisorState;
  private outcome: Snapshot<undefined> = ACTIVE;
  private snapshot: SupervisorSnapshot;
  private active = 0;

  /** @throws SupervisorError if an option is out of range, or nothing tells the time */
  constructor(scope: Scope, options: SupervisorOptions) {
    const name = nameOf(scope.self);
    this.scope = scope;
    this.options = options;
    this.now = timeSource(options, scope);
    this.effects = new SupervisorEffects(scope, name, ancestorsOf(scope.self).find(shellOf));
    const rules = resolveOptions(options, name);
    this.state = { rules, children: this.children, restarts: [], phase: { type: 'idle' } };
    this.snapshot = { ...ACTIVE, specs: 0, active: 0, stopping: false };
    shells.set(scope.self, this);
  }

  get rules(): SupervisorRules {
    const { name: _, ...rules } = this.state.rules;
    return rules;
  }

  child(id: string): Child | undefined {
    return this.children.get(id);
  }

  list(): Child[] {
    return [...this.children.values()];
  }

  /** The same object as the last time if nothing in it has changed. */
  view(): SupervisorSnapshot {
    const { type } = this.state.phase;
    const stopping = type === 'ending' || type === 'ended';
    const next = { ...this.outcome, specs: this.children.size, active: this.active, stopping };
    const keys = Object.keys(next) as (keyof typeof next)[];
    if (keys.some((key) => next[key] !== this.snapshot[key])) this.snapshot = next;
    return this.snapshot;
  }

  /** Sends a command to the supervisor. `replyTo` is told in any case, also if the supervisor ends before. */
  ask(command: SupervisorCommand, replyTo: ReplyTo): void {
    const hasEnded = this.outcome.status !== 'active' || statusOf(this.scope.self) !== 'active';
    if (hasEnded) {
      replyTo(SHUTTING_DOWN);
      return;
    }
    const answer = (reply: Reply) => {
      this.unanswered.delete(answer);
      replyTo(reply);
    };
    this.unanswered.add(answer);
    this.scope.self.send({ ...command, replyTo: answer });
  }

  /** @throws what an inspector of the system throws; the children have been stopped by force then */
  receive(event: SupervisorEvent): void {
    try {
      this.dispatch(event as OwnEvent);
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /** Stops all children by force. */
  kill(): void {
    this.process({ type: 'kill' });
    this.outcome = { status: 'stopped', output: undefined, error: undefined };
  }

  private dispatch(event: OwnEvent): void {
    switch (event.type) {
      case 'supervisor.begin':
        this.process({ type: 'begin', specs: (this.options.children ?? []).map(resolveSpec) });
        break;
      case 'supervisor.startChild':
        this.startChild(event.spec, event.replyTo);
        break;
      case 'supervisor.stopChild':
      case 'supervisor.restartChild':
      case 'supervisor.deleteChild':
      case 'supervisor.deadlinePassed':
      case 'supervisor.waitPassed':
      case 'stop':
        this.process(event);
        break;
      case 'supervisor.report':
        this.effects.publish(event);
        break;
      default:
        this.hear(event);
    }
  }

  private startChild(spec: ChildSpec, replyTo: ReplyTo | undefined): void {
    let resolved: ResolvedSpec;
    try {
      resolved = resolveSpec(spec);
    } catch (error) {
      this.effects.reply(replyTo, { ok: false, reason: 'failedToStart', error });
      return;
    }
    this.process({ type: 'supervisor.startChild', spec: resolved, replyTo });
  }

  /** The end of a child is decided upon; what a child tells its parent is emitted. */
  private hear(event: EventObject & { readonly actorId?: string }): void {
    const status = endStatus(event);
    if (!status) {
      this.scope.emit(event);
      return;
    }
    const id = event.actorId ?? '';
    const ref = this.children.get(id)?.ref;
    // The event names only the id, and an actor stopped by force may end after its successor has started.
    if (ref && statusOf(ref) === status) this.process(endOf(id, ref));
  }

  /** Decides upon an occurrence, and upon those that have waited for the phase to which that leads. */
  private process(occurrence: Occurrence): void {
    const due = [occurrence];
    for (const next of due) {
      this.settle(next);
      const { type } = this.state.phase;
      if (type !== 'idle' && type !== 'regrouping') for (const waiting of this.postponed.splice(0)) due.push(waiting);
    }
  }

  /** Decides upon an occurrence, and upon those that come of its orders. */
  private settle(occurrence: Occurrence): void {
    const steps = [occurrence];
    for (const step of steps) {
      const decision = decide(this.state, step, this.now());
      this.commit(decision);
      for (const order of decision.orders) {
        const answer = this.perform(order, step);
        if (answer) steps.push(answer);
      }
    }
  }

  private commit({ changes, restarts, phase }: Decision): void {
    for (const [id, child] of changes) {
      this.active += Number(Boolean(child?.ref)) - Number(Boolean(this.children.get(id)?.ref));
      if (child) this.children.set(id, child);
      else this.children.delete(id);
    }
    this.state = { ...this.state, restarts, phase };
  }

  private perform(order: Order, occurrence: Occurrence): Occurrence | undefined {
    if (order.type === 'postpone') this.postpone(occurrence);
    else if (order.type === 'finish') this.finish(order.error);
    else return this.effects.perform(order);
    return undefined;
  }

  /** Ends of children are as many as the children; commands could be any number. */
  private postpone(occurrence: Occurrence): void {
    if (isCommand(occurrence) && this.postponed.length >= MAX_POSTPONED_COMMANDS) {
      this.effects.reply(occurrence.replyTo, { ok: false, reason: 'busy' });
    } else {
      this.postponed.push(occurrence);
    }
  }

  private finish(error: SupervisorError | undefined): void {
    this.outcome = error
      ? { status: 'error', output: undefined, error }
      : { status: 'done', output: undefined, error: undefined };
    for (const answer of this.unanswered) this.effects.reply(answer, SHUTTING_DOWN);
  }
}

function endStatus({ type }: EventObject): 'done' | 'error' | undefined {
  if (type.startsWith('xstate.done.actor.')) return 'done';
  return type.startsWith('xstate.error.actor.') ? 'error' : undefined;
}

function timeSource({ now }: SupervisorOptions, { system }: Scope): () => number {
  const clock: Clock = system._clock;
  if (now) return now;
  if (clock.now) return clock.now.bind(clock);
  throw new SupervisorError('Expected the option `now`, or a clock of the root actor with `now`, got neither');
}
