import {
  type ConnectOptions,
  connect,
  EXAMPLE_WORLD,
  type SimulationSession,
  watchAvailability,
} from '../client/index.ts';
import { inCanonicalOrder } from './canonical-order.ts';
import { printed } from './server-taps.ts';
import type { Stage } from './stage.ts';
import { type Recorded, Tape } from './tape.ts';

/** A sequence of messages between the parties, as it was recorded. */
export interface Sequence {
  /** Name of its file, after `sequence-`. */
  readonly name: string;
  readonly title: string;
  /** One sentence for readers. */
  readonly description: string;
  readonly steps: readonly Recorded[];
}

interface Scenario extends Omit<Sequence, 'steps'> {
  /** Acts as the client, until nothing is left. */
  play(stage: Stage): Promise<void>;
  /** Text of the simulation server's message or state that is its first step, where all before is as in another one. */
  readonly begin?: RegExp;
}

/** Frames of the stream after which a running simulation is paused: our choice. */
const FRAMES = 5;

/** A world that the simulation server of the stage may not run. */
const FOREIGN_WORLD = 'https://github.com/somebody/else/blob/main/worlds/w.wbt';

/** A world that the repository of the stage does not have. */
const MISSING_WORLD = EXAMPLE_WORLD.replace(/[^/]+\.wbt$/, 'none.wbt');

/** The state in which the client learns where its engine is. */
const READY = /^connected\.simulating\.streaming/;

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'example',
    title: 'A simulation from opening to leaving',
    description:
      'The client watches whether a simulation can be started, starts the bundled example, runs, pauses and resets it, and leaves; then nothing is left.',
    async play(stage) {
      await watchUntilAvailable(stage);
      const session = await startExample(stage);
      session.play();
      await answered(stage, 'real-time', 'real-time', 1);
      await stage.tape.heard('engine', 'client', 'application/json:… (the poses)', 1 + FRAMES);
      session.pause();
      await answered(stage, 'pause', 'paused by client', 2);
      session.reset();
      await answered(stage, 'reset', 'reset finished', 1);
      await end(stage, session, () => session.leave());
    },
  },
  {
    name: 'refused',
    title: 'A world that is refused',
    description:
      'The repository has no such world: the simulation server finds that out when it has checked it out, the client is told so, and no engine is started.',
    play: async (stage) => end(stage, begin(stage, MISSING_WORLD)),
  },
  {
    name: 'not-allowed',
    title: 'A world that no server runs',
    description:
      'The world is of a repository that `allowedRepositories` of no simulation server lists: the session server knows from their `/status`, tells the client so, and sends it to none.',
    play: async (stage) => end(stage, begin(stage, FOREIGN_WORLD)),
  },
  {
    name: 'crashed-engine',
    title: 'An engine that crashes',
    description:
      'From the moment at which the engine is ready, as above until then. It is killed, as where the machine runs out of memory: the client is told, the session ends, and nothing is left.',
    begin: READY,
    async play(stage) {
      const session = await startExample(stage);
      await end(stage, session, () => {
        stage.tape.settle('engine');
        stage.tape.tell({ from: 'engine', text: 'is killed by the system' });
        process.kill(stage.enginePid()!, 'SIGKILL');
      });
    },
  },
  {
    name: 'broken-socket',
    title: 'A connection that breaks',
    description:
      'From the same moment on. The connection to the simulation server breaks without a closing handshake: the engine is ended, and nothing is left.',
    begin: READY,
    async play(stage) {
      const session = await startExample(stage);
      await end(stage, session, () => stage.client.breakConnection());
    },
  },
];

/** Records all sequences, one after the other. @throws Error where one does not go as it should */
export async function recordSequences(stage: Stage): Promise<Sequence[]> {
  const sequences: Sequence[] = [];
  for (const { play, begin: first, ...rest } of SCENARIOS) {
    // What happened before the first client came belongs to the first sequence.
    if (sequences.length > 0) stage.tape = new Tape();
    await play(stage);
    const steps = inCanonicalOrder(stage.tape.recorded).map((step) => ({ ...step, text: stage.normalized(step.text) }));
    const start = first === undefined ? 0 : steps.findIndex(({ text }) => first.test(text));
    sequences.push({ ...rest, steps: steps.slice(start) });
  }
  return sequences;
}

function watchUntilAvailable({ session, client }: Stage): Promise<void> {
  return new Promise((resolve) => {
    const stop = watchAvailability(
      session,
      (availability) => {
        if (availability !== 'available') return;
        stop();
        resolve();
      },
      { WebSocket: client.WebSocket },
    );
  });
}

function begin({ session, client: { WebSocket, fetch } }: Stage, world: string): SimulationSession {
  const options: ConnectOptions = { session, world, WebSocket, fetch };
  return connect(options);
}

/** A session that streams the example, paused, and in which nothing is under way. */
export async function startExample(stage: Stage): Promise<SimulationSession> {
  const session = begin(stage, EXAMPLE_WORLD);
  await session.until('stage', ({ stage: reached }) => reached === 'streaming');
  await answered(stage, 'pause', 'paused by client', 1);
  return session;
}

/** The engine has obeyed so many times, and both who listen to it know. */
async function answered({ tape }: Stage, line: string, message: string, times: number): Promise<void> {
  await tape.heard('engine', 'simulation', printed(line), times);
  await tape.heard('engine', 'client', message, times);
}

/** Ends a session, or waits for its end, and sees that nothing is left. */
export async function end(stage: Stage, session: SimulationSession, how: () => unknown = () => {}): Promise<void> {
  how();
  const { reason } = await session.ended;
  stage.tape.tell({ from: 'client', text: `ended: ${reason}` });
  await stage.nothingLeft();
  stage.tape.settle('simulation');
  stage.tape.tell({ from: 'simulation', text: 'nothing left: no process, port, folder or socket' });
}
