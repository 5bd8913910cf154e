import type { Frame } from './frame.ts';
import type { QueuePlace } from './queue.ts';
import type { RunState, StreamMessage } from './stream-message.ts';

/** Where a session is, and when that holds. A loaded world may be replaced: then `streaming` goes back to `loading`. */
export const STAGES = {
  choosing: 'The session server is asked for a simulation server.',
  connecting: 'A simulation server is chosen, and the connection to it is being opened.',
  starting: 'The simulation server fetches the project and starts the engine.',
  opening: 'The engine is up, and the connection to it is being opened.',
  loading: 'The engine sends the world.',
  streaming: 'The world is complete, and commands are obeyed.',
  leaving: 'Both connections are being closed.',
  ended: 'Both connections are closed.',
} as const;

export type Stage = keyof typeof STAGES;

/** Why a session ended. */
export const CLIENT_END_REASONS = {
  left: '`leave()` was called.',
  aborted: 'The `signal` aborted.',
  unavailable:
    'The session server has no simulation server that is free, or none that ever runs this world; the text tells which.',
  sessionServerFailed: 'The session server cannot be reached, or does not answer as one.',
  simulationServerFailed: 'The simulation server cannot be reached, or the connection to it broke.',
  refused: 'The simulation server said why it does not, or no longer, run the world.',
  closed: 'The simulation server closed the connection without a word.',
  streamFailed: 'The stream of the engine cannot be opened, or broke.',
  timedOut: 'One of the `timeouts` ran out.',
} as const;

export type ClientEndReason = keyof typeof CLIENT_END_REASONS;

/** How a session ended; `text` is one line for people. */
export interface SessionEnd {
  readonly reason: ClientEndReason;
  readonly text: string;
  /** The number under which the simulation server keeps what led to it, where it has told one. */
  readonly postMortem?: string;
}

type Message<Kind extends StreamMessage['kind']> = Omit<Extract<StreamMessage, { kind: Kind }>, 'kind'>;

/** What comes with each event, beside `elapsed`. */
export interface EventPayloads {
  /** `detail`: the address that is connected to, or in `leaving` and `ended` why. */
  stage: { readonly stage: Stage; readonly detail: string };
  /** `percent`: where the bar of the public client stands, 0 to 100; it never shrinks while a world is loading. */
  progress: { readonly percent: number; readonly text: string };
  /** All servers are full, and the client waits in line. */
  queue: QueuePlace;
  /** Every message as it is on the wire. */
  message: { readonly peer: 'server' | 'engine'; readonly direction: 'sent' | 'received'; readonly text: string };
  /** Something failed; the session goes on. */
  trouble: { readonly text: string };
  /** The simulation is closed by the server `seconds` from now. */
  shutdownTimeout: { readonly seconds: number };
  /** The project has an editor, or is of a type (`demo`, `competition`). */
  project: { readonly type?: string; readonly hasEditor?: boolean };
  /** How the simulation runs, whenever the engine has told it anew. */
  state: { readonly state: RunState };
  frame: Frame;
  console: Message<'console'>;
  world: Message<'world'>;
  /** The whole scene as XML; commands and updates refer to the ids in it. */
  scene: Message<'scene'>;
  worldDeleted: object;
  reset: object;
  nodeAdded: Message<'nodeAdded'>;
  nodeDeleted: Message<'nodeDeleted'>;
  visibility: Message<'visibility'>;
  robotWindow: Message<'robotWindow'>;
  robotWindowRemoved: Message<'robotWindowRemoved'>;
  robotMessage: Message<'robotMessage'>;
  multimedia: Message<'multimedia'>;
}

/** `elapsed`: milliseconds since `connect` was called, on a clock that is never set. */
export type SessionEvents = {
  [Name in keyof EventPayloads]: EventPayloads[Name] & { readonly elapsed: number };
};

/** Tells an event; whoever owns the session adds the time. */
export type Emit = <Name extends keyof EventPayloads>(name: Name, payload: EventPayloads[Name]) => void;

/** Tells how far the bar has come, in percent; what is less than it was, or 0, changes only the text. */
export type OnProgress = (percent: number, text: string) => void;
