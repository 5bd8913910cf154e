import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ActorRefFrom } from 'xstate';
import type { clientSessionMachine } from '../../machines/client-session.ts';
import type { StartRequest } from '../../machines/client-session-types.ts';
import { type End, isAbnormal } from '../../machines/end-reason.ts';
import type { webotsProcessMachine } from '../../machines/webots-process.ts';
import type { ProgramOutput } from '../../machines/webots-process-types.ts';
import type { Recording } from '../inspection/recording.ts';
import type { Lit } from '../monitor/lit-chart.ts';
import { createKeptFiles } from '../operations/kept-files.ts';
import type { ProjectCheckout } from '../projects/checkout.ts';
import { type Direction, type LoggedMessage, type MessageLog, messageLog } from './message-log.ts';
import { MOST_BYTES, type PostMortemFacts, postMortem } from './post-mortem.ts';
import { type Transition, type TransitionLog, transitionLog } from './transitions.ts';

/** Folder of the post-mortems in `logDir`. */
const FOLDER = 'postmortem';

/** Longest wait for the last post-mortems when the server stops, in ms: our choice; a disk that hangs must not hold it. */
const LAST_WAIT = 2_000;

/** Files that are kept for each abnormal reason: our choice, so that a frequent one never displaces a rare one. */
const MOST_PER_REASON = 50;

/** Bytes of a world file in which its first line is looked for: our choice, `#VRML_SIM R2025a utf8` has 21. */
const HEADER_BYTES = 64;

type ClientSession = ActorRefFrom<typeof clientSessionMachine>;
type WebotsProcess = ActorRefFrom<typeof webotsProcessMachine>;

/** State of a session whose machine is yet to be started. */
const NO_STAGE = 'connecting';

/** From this state on the time limit counts. */
const LIMITED = 'connected.simulating.streaming';

interface SessionRecord {
  readonly number: number;
  /** The client's address, shortened. */
  readonly client: string | undefined;
  /** Ms on the clock that is never set. */
  readonly start: number;
  readonly startedAt: Date;
  readonly elapsed: () => number;
  readonly log: TransitionLog;
  readonly messages: MessageLog;
  session?: ClientSession;
  engine?: WebotsProcess;
  project?: { readonly ref: string; readonly commit: string | undefined };
  worldVersion?: string;
  output?: () => ProgramOutput;
}

/** What a session is doing. */
export interface SessionAccount {
  readonly id: string;
  /** Counts the sessions of this server. */
  readonly number: number;
  readonly client: string | undefined;
  /** The machine's state, e.g. `connected.fetching`. */
  readonly stage: string;
  /** The state of its engine, once there is one. */
  readonly engineState: string | undefined;
  /** Ms on the clock that is never set, `performance.now()`. */
  readonly startedAt: number;
  /** Time of the day, ISO 8601. */
  readonly startedOn: string;
  /** When its time is up, on the clock that is never set; undefined before it runs. */
  readonly endsAt: number | undefined;
  readonly request: StartRequest | undefined;
  readonly port: number | undefined;
  readonly transitions: readonly Transition[];
  readonly transitionsLeftOut: number;
  /** The latest of those that passed. */
  readonly messages: readonly LoggedMessage[];
  readonly messagesLeftOut: number;
  /** Where the session's machine and its engine's are and were, once there is one. */
  readonly lit: { readonly session: Lit | undefined; readonly engine: Lit | undefined };
  /** The last of what its engine wrote. */
  output(): ProgramOutput | undefined;
}

export interface RecordTools {
  /** The configuration's `logDir`. */
  readonly logDir: string;
  /** What does not depend on the session, at the time of its end. */
  readonly facts: () => PostMortemFacts;
  /** What was recorded of the actors with these ids and those below them, while inspection is on. */
  readonly recordingOf?: (actors: readonly string[]) => Recording | undefined;
  readonly onError: (error: unknown) => void;
  /** Hears of every end, with what was known until then. */
  readonly onEnd?: (account: SessionAccount, end: End) => void;
}

/**
 * What sessions went through, kept while they last and written down if they
 * end abnormally. Nothing here can fail a session or make it wait.
 */
export interface SessionRecords {
  /** From here on the session's time is counted. */
  begin(id: string, client?: string): void;
  followSession(id: string, session: ClientSession): void;
  followEngine(id: string, engine: WebotsProcess): void;
  /** @param output gives the last of what the session's engine has written so far */
  followOutput(id: string, output: () => ProgramOutput): void;
  noteProject(id: string, project: ProjectCheckout): void;
  /** @param text undefined for a binary message */
  noteMessage(id: string, direction: Direction, text: string | undefined): void;
  /** Sessions that have not ended. */
  readonly size: number;
  /** Of those, so many at most, the oldest first. */
  accounts(most: number): readonly SessionAccount[];
  account(id: string): SessionAccount | undefined;
  /**
   * Forgets the session.
   *
   * @returns the path that its post-mortem will have; undefined after an ordinary end
   */
  end(id: string, end: End): string | undefined;
  /** Resolves when all post-mortems are written, or after a bounded wait. */
  settled(): Promise<void>;
}

export function createSessionRecords({ logDir, facts, recordingOf, onError, onEnd }: RecordTools): SessionRecords {
  const folder = resolve(logDir, FOLDER);
  const records = new Map<string, SessionRecord>();
  let begun = 0;
  const files = createKeptFiles({ folder, mostPerKind: MOST_PER_REASON, mostBytes: MOST_BYTES, onError });

  /** A recording that cannot be had is missing, and nothing else. */
  function recordedOf(actors: readonly string[]): Recording | undefined {
    try {
      return recordingOf?.(actors);
    } catch (error) {
      onError(error);
      return undefined;
    }
  }

  return {
    begin(id, client) {
      const start = performance.now();
      const elapsed = () => performance.now() - start;
      begun++;
      records.set(id, {
        number: begun,
        client,
        start,
        startedAt: new Date(),
        elapsed,
        log: transitionLog(elapsed),
        messages: messageLog(elapsed),
      });
    },
    followSession(id, session) {
      const record = records.get(id);
      if (!record) return;
      record.session = session;
      record.log.follow('session', session);
    },
    followEngine(id, engine) {
      const record = records.get(id);
      if (!record) return;
      record.engine = engine;
      record.log.follow('engine', engine);
    },
    followOutput(id, output) {
      const record = records.get(id);
      if (record) record.output = output;
    },
    get size() {
      return records.size;
    },
    accounts: (most) => [...records].slice(0, most).map(([id, record]) => accountOf(id, record)),
    account(id) {
      const record = records.get(id);
      return record && accountOf(id, record);
    },
    noteProject(id, { ref, commit, worldPath }) {
      const record = records.get(id);
      if (!record) return;
      record.project = { ref, commit };
      void readWorldVersion(worldPath).then((version) => {
        if (version !== undefined) record.worldVersion = version;
      });
    },
    noteMessage: (id, direction, text) => records.get(id)?.messages.add(direction, text),
    end(id, end) {
      const record = records.get(id);
      records.delete(id);
      try {
        if (record) onEnd?.(accountOf(id, record), end);
      } catch (error) {
        onError(error);
      }
      if (!record || !isAbnormal(end.reason)) return undefined;
      try {
        const actors = [record.session, record.engine].flatMap((actor) => (actor ? [actor.sessionId] : []));
        const story = { ...storyOf(id, end, record), recording: recordedOf(actors) };
        return files.keep(end.reason, id, postMortem(story, facts()));
      } catch (error) {
        onError(error);
        return undefined;
      }
    },
    async settled() {
      await Promise.race([files.settled(), delay(LAST_WAIT, undefined, { ref: false })]);
    },
  };
}

function accountOf(id: string, record: SessionRecord): SessionAccount {
  const { number, client, start, startedAt, log, messages, session, output } = record;
  const { transitions } = log;
  const stateOf = (machine: Transition['machine']) => transitions.findLast((entry) => entry.machine === machine)?.state;
  const limitedAt = transitions.find(({ machine, state }) => machine === 'session' && state.startsWith(LIMITED))?.at;
  const context = session?.getSnapshot().context;
  return {
    id,
    number,
    client,
    stage: stateOf('session') ?? NO_STAGE,
    engineState: stateOf('engine'),
    startedAt: start,
    startedOn: startedAt.toISOString(),
    endsAt: context && limitedAt !== undefined ? start + limitedAt + context.timings.timeLimit : undefined,
    request: context?.request,
    port: context?.port,
    transitions,
    transitionsLeftOut: log.leftOut,
    messages: messages.messages,
    messagesLeftOut: messages.leftOut,
    lit: { session: log.lit('session'), engine: log.lit('engine') },
    output: () => output?.(),
  };
}

function storyOf(id: string, end: End, record: SessionRecord) {
  const { startedAt, elapsed, log, messages, session, engine, project, worldVersion } = record;
  return {
    id,
    end,
    startedAt,
    lasted: elapsed(),
    request: session?.getSnapshot().context.request,
    outcome: engine?.getSnapshot().output,
    transitions: log.transitions,
    transitionsLeftOut: log.leftOut,
    messages: messages.messages,
    messagesLeftOut: messages.leftOut,
    ...(project && { project }),
    ...(worldVersion !== undefined && { worldVersion }),
  };
}

/** The release in the first line of a world file, e.g. `R2025a`; undefined where it has none. */
async function readWorldVersion(path: string): Promise<string | undefined> {
  // The session may have ended, and its folder with it: then nothing is known of the world.
  const file = await open(path).catch(() => undefined);
  const header = await file?.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0).catch(() => undefined);
  await file?.close();
  return header && /^#VRML_SIM (\S+)/.exec(header.buffer.toString('latin1', 0, header.bytesRead))?.[1];
}
