/** What inspection records: read by the page and by the program that opens a file; imports nothing. */

/** Number of the format, raised when a reader of the last one would misunderstand it. */
export const RECORDING_FORMAT = 1;

/** An actor as it is told apart from others. */
export interface RecordedActor {
  /** XState's id of it, e.g. `x:12`, never used twice by one process. */
  readonly id: string;
  /** Its name among its siblings, e.g. `engine`. */
  readonly name: string;
  /** The `id` of its parent; undefined for the root. */
  readonly parent?: string;
  readonly kind: 'machine' | 'supervisor' | 'other';
  /** Name of the machine, e.g. `clientSession`. */
  readonly machine?: string;
}

export type ActorStatus = 'active' | 'done' | 'error' | 'stopped';

/** A transition that entered a state of a machine: paths of names, such as `connected.fetching`. */
export interface Move {
  readonly source: string;
  /** The same as `source` where it was entered anew. */
  readonly target: string;
}

interface Numbered {
  /** Counts what was recorded, from 1; an excerpt, such as a post-mortem's, has gaps. */
  readonly n: number;
  /** Milliseconds since the recording began, on a clock that is never set. */
  readonly at: number;
}

/** An actor was created, or was there when the recording began. */
export interface ActorEntry extends Numbered {
  readonly type: 'actor';
  readonly actor: RecordedActor;
}

/** An actor was sent an event. */
export interface EventEntry extends Numbered {
  readonly type: 'event';
  /** Who sent it; undefined where it came from outside of the actors. */
  readonly from?: string;
  readonly to: string;
  readonly event: string;
  /** What it carried, as text: JSON, shortened, without secrets and addresses. */
  readonly detail?: string;
}

/** An actor has dealt with an event. */
export interface StepEntry extends Numbered {
  readonly type: 'step';
  readonly actor: string;
  readonly event: string;
  readonly status: ActorStatus;
  /** Paths of a machine's innermost states. */
  readonly states?: readonly string[];
  readonly moves?: readonly Move[];
  /** What it knows, as `detail` of an event; left out where it was told a moment ago. */
  readonly context?: string;
}

export type Entry = ActorEntry | EventEntry | StepEntry;

/** One of those that `Entry` is of, before it is numbered. */
export type Fact = Entry extends infer Kind ? (Kind extends Entry ? Omit<Kind, keyof Numbered> : never) : never;

/** Where an actor stands. */
export interface ActorView {
  readonly actor: RecordedActor;
  readonly status: ActorStatus;
  readonly states: readonly string[];
  /** When it entered each of them, as `Numbered.at`. */
  readonly entered: Readonly<Record<string, number>>;
  readonly context?: string;
  readonly lastEvent?: string;
  readonly lastMoves: readonly Move[];
  /** By path of an innermost state: how often it was entered, and the time in ms that was spent there before the last time. */
  readonly visits: Readonly<Record<string, { readonly count: number; readonly time: number }>>;
}

/** A window of what was recorded: where the actors stood when it began, and what happened since. */
export interface Recording {
  readonly format: typeof RECORDING_FORMAT;
  /** Time of the day at which the recording began, ISO 8601. */
  readonly startedOn: string;
  /** Version of the program. */
  readonly version: string;
  readonly baseline: readonly ActorView[];
  readonly entries: readonly Entry[];
}

/** What the page is told when it asks what came after an entry. */
export interface RecordingPart extends Recording {
  readonly isOn: boolean;
  /** Whether it was made before and is shown from a file. */
  readonly isFile: boolean;
  /** Whether `baseline` and `entries` replace what was told before, because of a gap. */
  readonly isAnew: boolean;
  /** Milliseconds since the recording began; that of the last entry where nothing is being recorded. */
  readonly now: number;
  /** Whether there is more to be asked for at once. */
  readonly hasMore: boolean;
}
