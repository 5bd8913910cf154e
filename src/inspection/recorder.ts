import type { AnyActorRef, AnyEventObject, InspectionEvent, Snapshot, StateValue } from 'xstate';
import { livingActors } from '../../machines/actor-count.ts';
import { isSupervisor } from '../../machines/supervisor.ts';
import { innermostStates } from '../monitor/lit-chart.ts';
import { EntryRing, MOST_BYTES } from './entry-ring.ts';
import { type ActorStatus, type Entry, type Fact, type Move, RECORDING_FORMAT, type Recording } from './recording.ts';
import { shownText } from './shown-text.ts';
import { sliceOf } from './slice.ts';

/** Least time in ms between two contexts of an actor that stays where it is: our choice. */
const CONTEXT_INTERVAL = 250;

/** Least time in ms between two parts: our choice; one takes some tens of milliseconds. */
const SLICE_INTERVAL = 500;

/** What a parent is sent when a child has failed. */
const CHILD_FAILED = 'xstate.error.actor.';

type AnySnapshot = Snapshot<unknown> & { readonly value?: StateValue; readonly context?: unknown };

/** What XState tells of a transition beside its types. */
interface TakenTransition {
  readonly source?: StateWithPath;
  readonly target?: readonly StateWithPath[];
}

interface StateWithPath {
  readonly path?: readonly string[];
}

export interface RecordingListener {
  /** A new recording begins; what was heard before is of another one. */
  begun(): void;
  recorded(entry: Entry): void;
}

/** Writes down what the actors of a system do, in bounded memory. */
export class Recorder {
  readonly #version: string;
  readonly #ring: EntryRing;
  readonly #listeners = new Set<RecordingListener>();
  #start = performance.now();
  #startedOn = new Date();
  #endedAt = 0;
  #slicedAt = Number.NEGATIVE_INFINITY;
  /** Actors of which it is written down that they have ended. */
  #ended = new WeakSet<AnyActorRef>();
  /** Transitions of a machine that has not come to rest. */
  readonly #moves = new Map<AnyActorRef, Move[]>();
  #contexts = new WeakMap<AnyActorRef, { readonly at: number; readonly value: unknown }>();

  /** @param mostBytes of all entries */
  constructor(version: string, mostBytes = MOST_BYTES) {
    this.#version = version;
    this.#ring = new EntryRing(mostBytes);
  }

  /** Milliseconds since the recording began. */
  get now(): number {
    return Math.round((performance.now() - this.#start) * 1_000) / 1_000;
  }

  /** `now` of the last entry; 0 where there is none. */
  get endedAt(): number {
    return this.#endedAt;
  }

  get first(): number {
    return this.#ring.first;
  }

  get last(): number {
    return this.#ring.last;
  }

  get bytes(): number {
    return this.#ring.bytes;
  }

  subscribe(listener: RecordingListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets everything and begins with the actors that there are. */
  begin(root: AnyActorRef): void {
    for (const listener of this.#listeners) listener.begun();
    this.#ring.clear();
    this.#moves.clear();
    this.#contexts = new WeakMap();
    this.#ended = new WeakSet();
    this.#slicedAt = Number.NEGATIVE_INFINITY;
    this.#start = performance.now();
    this.#startedOn = new Date();
    this.#endedAt = 0;
    for (const actor of livingActors(root)) {
      this.#recordActor(actor);
      this.#recordStep(actor, actor.getSnapshot() as AnySnapshot, '(was there)');
    }
  }

  /** To be called with every event of an inspected system; never throws. */
  observe(event: InspectionEvent): void {
    try {
      this.#observe(event);
    } catch {
      // XState would end the actor whose event this is.
    }
  }

  #observe(inspected: InspectionEvent): void {
    switch (inspected.type) {
      case '@xstate.actor':
        this.#recordActor(inspected.actorRef as AnyActorRef);
        break;
      case '@xstate.event':
        this.#recordEvent(inspected.sourceRef as AnyActorRef | undefined, inspected.actorRef, inspected.event);
        break;
      case '@xstate.microstep':
        this.#collectMoves(inspected.actorRef as AnyActorRef, inspected._transitions as readonly TakenTransition[]);
        break;
      case '@xstate.snapshot':
        this.#recordStep(inspected.actorRef as AnyActorRef, inspected.snapshot as AnySnapshot, inspected.event.type);
    }
  }

  /** The entries after number `n` as JSON, `most` at most. */
  after(n: number, most = Number.POSITIVE_INFINITY): readonly string[] {
    return this.#ring.after(n, most);
  }

  baseline(): Recording['baseline'] {
    return this.#ring.baseline();
  }

  /** What there is, without the entries. */
  head(): Omit<Recording, 'baseline' | 'entries'> {
    return { format: RECORDING_FORMAT, startedOn: this.#startedOn.toISOString(), version: this.#version };
  }

  /**
   * The last of what the actors with these ids and those below them did; undefined where nothing was recorded, and
   * where the last part was asked for a moment ago: when many sessions end at once, their ends must not wait for it.
   */
  slice(ids: readonly string[]): Recording | undefined {
    if (this.now - this.#slicedAt < SLICE_INTERVAL) return undefined;
    this.#slicedAt = this.now;
    const part = sliceOf(ids, this.baseline(), this.#ring.after(0));
    return part && { ...this.head(), ...part };
  }

  #add(fact: Fact): void {
    this.#endedAt = this.now;
    const entry = this.#ring.add(this.#endedAt, fact);
    for (const listener of this.#listeners) listener.recorded(entry);
  }

  #recordActor(ref: AnyActorRef): void {
    const machine = machineOf(ref);
    const parent = ref._parent?.sessionId;
    this.#add({
      type: 'actor',
      actor: {
        id: ref.sessionId,
        name: ref.id,
        ...(parent !== undefined && { parent }),
        kind: machine === undefined ? (isSupervisor(ref) ? 'supervisor' : 'other') : 'machine',
        ...(machine !== undefined && { machine }),
      },
    });
  }

  #recordEvent(source: AnyActorRef | undefined, target: { sessionId: string }, event: AnyEventObject): void {
    const { type, ...rest } = event;
    // Of an actor that throws in its own code XState tells no snapshot.
    if (source && type.startsWith(CHILD_FAILED) && !this.#ended.has(source)) {
      this.#ended.add(source);
      this.#moves.delete(source);
      this.#add({ type: 'step', actor: source.sessionId, event: type, status: 'error' });
    }
    const detail = Object.values(rest).some((value) => value !== undefined) ? shownText(rest) : undefined;
    this.#add({
      type: 'event',
      ...(source && { from: source.sessionId }),
      to: target.sessionId,
      event: type,
      ...(detail !== undefined && { detail }),
    });
  }

  #collectMoves(ref: AnyActorRef, transitions: readonly TakenTransition[]): void {
    // Those without a target leave the machine where it is.
    const moves = transitions.flatMap(({ source, target = [] }) =>
      target.slice(0, 1).map((state) => ({ source: pathOf(source), target: pathOf(state) })),
    );
    this.#moves.set(ref, [...(this.#moves.get(ref) ?? []), ...moves]);
  }

  #recordStep(ref: AnyActorRef, snapshot: AnySnapshot, event: string): void {
    const moves = this.#moves.get(ref);
    this.#moves.delete(ref);
    if (snapshot.status !== 'active') this.#ended.add(ref);
    const context = this.#contextOf(ref, snapshot, (moves?.length ?? 0) > 0);
    this.#add({
      type: 'step',
      actor: ref.sessionId,
      event,
      status: snapshot.status as ActorStatus,
      ...(snapshot.value !== undefined && { states: innermostStates(snapshot.value) }),
      ...(moves && moves.length > 0 && { moves }),
      ...(context !== undefined && { context }),
    });
  }

  /** The context where it is new to the reader, and not too soon after the last one. */
  #contextOf(ref: AnyActorRef, snapshot: AnySnapshot, hasMoved: boolean): string | undefined {
    const value = snapshot.context ?? snapshot;
    const last = this.#contexts.get(ref);
    const hasEnded = snapshot.status !== 'active';
    if (last && last.value === value && !hasEnded) return undefined;
    if (last && !hasMoved && !hasEnded && this.now - last.at < CONTEXT_INTERVAL) return undefined;
    this.#contexts.set(ref, { at: this.now, value });
    return shownText(snapshot.context ?? withoutStatus(snapshot));
  }
}

/** What is known of an actor that is no machine: a promise's result, the figures of a supervisor. */
function withoutStatus({ status, ...rest }: AnySnapshot): unknown {
  return Object.fromEntries(Object.entries(rest).filter(([key, value]) => value !== undefined && key !== 'input'));
}

function machineOf(ref: AnyActorRef): string | undefined {
  const { logic } = ref as { readonly logic?: { readonly states?: unknown; readonly id?: unknown } };
  return logic?.states !== undefined && typeof logic.id === 'string' ? logic.id : undefined;
}

function pathOf(state: StateWithPath | undefined): string {
  return (state?.path ?? []).join('.');
}
