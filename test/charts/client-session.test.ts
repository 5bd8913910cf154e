import { EventEmitter, once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { AnyMachineSnapshot, SnapshotFrom } from 'xstate';
import { clientSessionMachine } from '../../machines/client-session.ts';
import type { SessionContext } from '../../machines/client-session-types.ts';
import type { EndReason } from '../../machines/end-reason.ts';
import type { webotsProcessMachine } from '../../machines/webots-process.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { BOUND, type FaultyServer, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { startGitServer } from '../fixtures/git-server.ts';
import { frame, OPCODE, rawWebSocket } from '../fixtures/raw-client.ts';
import { finished } from '../fixtures/session-machine.ts';
import { type ChartPath, type NamedEvents, shortestPaths } from './chart-paths.ts';
import { type MachineTrace, traceMachine } from './machine-trace.ts';

const REFUSED_WORLD = 'https://github.com/stranger/project/blob/main/worlds/w.wbt';

/** Wait in ms that a path is to see the end of, and one that no path is: our choice. */
const SHORT = 400;
const LONG = 120_000;

/** An opcode that WebSockets do not have. */
const UNKNOWN_OPCODE = 3;

const end = (reason: EndReason) => ({ reason, text: '' });
const answered = (actor: string, output?: unknown) => ({ type: `xstate.done.actor.${actor}`, output });
const after = (delay: string, state: string) => ({ type: `xstate.after.${delay}.clientSession.${state}` });
const start = (url: string) => ({ type: 'client.started', url, mode: 'scene' });
const closed = (reason: EndReason) => ({ type: 'socket.closed', reason });

/** What may happen to a session from outside of the machine; left out are bugs of the program, and the line, for which test/src/simulation/queue.test.ts is. */
function events({ context }: AnyMachineSnapshot): NamedEvents {
  const { request } = context as SessionContext;
  return {
    'client closes': closed('clientLeft'),
    'connection breaks': closed('clientGone'),
    'client sends nonsense': closed('clientMisbehaved'),
    'client does not read': closed('clientTooSlow'),
    'client asks for a world': start(WORLD),
    'client asks for a refused world': start(REFUSED_WORLD),
    'client asks for nothing': after('startMessageTimeout', 'connected.waiting'),
    'server stops': { type: 'stop' },
    'operator ends it': { type: 'end', end: end('endedByOperator') },
    ...(request?.url === WORLD
      ? { 'world is admitted': answered('admission') }
      : { 'world is refused': answered('admission', end('repositoryRefused')) }),
    'git server answers': finished,
    'git server breaks off': { type: 'checkout.failed', end: end('projectUnreachable') },
    'no port is free': { type: 'engine.refused', end: end('noFreePort') },
    'engine is ready': { type: 'engine.ready', port: 2001 },
    'engine crashes': { type: 'engine.gone', outcome: { ...end('engineCrashed'), reaped: true } },
    'time is over': after('timeLimit', 'connected.simulating.streaming'),
    'client resets a controller': { type: 'client.controllerReset', file: 'robot/robot.py' },
    'controller is reset': answered('controllerReset', { message: '' }),
    'engine is gone': answered('engineStop'),
    'all is given back': answered('resourceRelease'),
    'socket is closed': answered('socketClose'),
  };
}

/** What is asked for decides how the admission goes on. */
function worldAdmitted({ value, context }: AnyMachineSnapshot): string | undefined {
  const isChecked = JSON.stringify(value) === '{"connected":"checking"}';
  return isChecked ? (context as SessionContext).request?.url : undefined;
}

const PATHS = shortestPaths(clientSessionMachine, { id: 'a1', streamBase: 'ws://localhost:' }, events, worldAdmitted);

const LEAVING = 'engine is gone, all is given back, socket is closed';
const ADMITTED = 'client asks for a world, world is admitted';
const LAUNCHED = `${ADMITTED}, git server answers`;

const WALKED = [
  `client closes, ${LEAVING}`,
  `connection breaks, ${LEAVING}`,
  `client sends nonsense, ${LEAVING}`,
  `client asks for nothing, ${LEAVING}`,
  `server stops, ${LEAVING}`,
  `operator ends it, ${LEAVING}`,
  `client asks for a refused world, world is refused, ${LEAVING}`,
  `${ADMITTED}, git server breaks off, ${LEAVING}`,
  `${LAUNCHED}, no port is free, ${LEAVING}`,
  `${LAUNCHED}, engine crashes, ${LEAVING}`,
  `${LAUNCHED}, engine is ready, time is over, ${LEAVING}`,
  `${LAUNCHED}, engine is ready, client resets a controller`,
];

/** Paths of the chart that no client can take, and why. */
const NOT_WALKED: Readonly<Record<string, string>> = {
  [`client does not read, ${LEAVING}`]:
    'before its start message a client is sent a few lines at most, which the system takes for it',
};

it('names each shortest path of the clientSession chart', () => {
  expect(PATHS.map(({ name }) => name).sort()).toEqual([...WALKED, ...Object.keys(NOT_WALKED)].sort());
});

describe('a client session goes as its chart says', () => {
  it.each(WALKED)('when %s', async (name) => {
    const path = PATHS.find((found) => found.name === name)!;
    const session = traceMachine('clientSession');
    const engine = traceMachine('webotsProcess');
    await using server = await startServer(path, session, engine);
    const client = await openClient(server, name.startsWith('client sends nonsense'));

    await session.walk(path, act);
    client.close();
    await server.nothingLeft();

    function act(event: string, next: string | undefined): unknown {
      switch (event) {
        case 'client closes':
          return client.close();
        case 'connection breaks':
          return client.breakOff();
        case 'client sends nonsense':
          return client.sendNonsense();
        case 'client asks for a world':
          return client.send({ start: { url: WORLD } });
        case 'client asks for a refused world':
          return client.send({ start: { url: REFUSED_WORLD } });
        case 'client resets a controller':
          return client.send({ 'reset controller': 'robot/robot.py' });
        case 'server stops':
          return void server.system.stop();
        case 'operator ends it':
          return server.endSession();
        case 'git server answers':
          return server.answerGit(next === 'no port is free');
        case 'git server breaks off':
          return server.breakGitOff();
        case 'engine is ready':
          return server.tellEngine('.\n');
        case 'engine crashes':
          return server.crashEngine();
        default:
          // Comes by itself, the waits after their time.
          return undefined;
      }
    }
  });
});

/** A simulation server whose projects come from a git server that answers when it is told to. */
async function startServer({ name }: ChartPath, session: MachineTrace, engine: MachineTrace) {
  const isIn = (event: string) => name.split(', ').includes(event);
  const git = await startGitServer();
  await git.addRepository('owner/project', [
    { branch: 'main', files: { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n', 'controllers/robot/robot.py': 'pass\n' } },
  ]);
  const held = new EventEmitter();
  git.mode = isIn('git server breaks off')
    ? { kind: 'hang', at: 'connect' }
    : { kind: 'hold', until: once(held, 'released') };
  let intruder: Server | undefined;
  const server = await startFaultyServer({
    config: { mirrors: { 'https://github.com/owner/project': `${git.url}/owner/project` }, maxConnections: 1 },
    engine: fakeEngine('silent', LONG),
    timings: {
      startMessageTimeout: isIn('client asks for nothing') ? SHORT : LONG,
      timeLimit: isIn('time is over') ? SHORT : LONG,
      leaveTimeout: LONG,
      startTimeout: LONG,
      heartbeatTimeout: 4 * LONG,
    },
    inspect: (event) => {
      session.inspect(event);
      engine.inspect(event);
    },
  });

  return {
    ...server,
    async answerGit(isPortTaken: boolean) {
      if (isPortTaken) {
        intruder = createServer().listen(server.port + 1);
        await once(intruder, 'listening');
      }
      held.emit('released');
    },
    breakGitOff: () => git.close(),
    tellEngine: (text: string) => vi.waitFor(() => server.say(text), BOUND),
    async crashEngine() {
      await vi.waitFor(() => expect(engine.snapshot()?.context.pid).toBeGreaterThan(0), BOUND);
      const { context } = engine.snapshot() as SnapshotFrom<typeof webotsProcessMachine>;
      process.kill(context.pid!, 'SIGSEGV');
    },
    async endSession() {
      const path = `${server.url}/monitor/sessions/${server.session()}/end`;
      const order = request(path, { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' }, agent: false }).end();
      const [response] = await once(order, 'response');
      expect(response.statusCode).toBe(303);
    },
    async [Symbol.asyncDispose]() {
      held.emit('released');
      intruder?.close();
      await server[Symbol.asyncDispose]();
      await git.close();
    },
  };
}

interface Client {
  send(message: unknown): void;
  close(): void;
  /** Without a word. */
  breakOff(): void;
  sendNonsense(): void;
}

/** A usual WebSocket, but for frames that those do not send. */
async function openClient({ port, connect }: FaultyServer, isNonsensical: boolean): Promise<Client> {
  if (!isNonsensical) {
    const { send, socket } = await connect();
    const sendNonsense = () => {
      throw new Error('Expected a client whose frames are its own');
    };
    return { send, close: () => socket.close(), breakOff: () => socket.terminate(), sendNonsense };
  }
  const { socket, ended } = await rawWebSocket(port, '/client');
  void ended.then(() => socket.end());
  const write = (opcode: number, text: string) => void socket.write(frame(opcode, Buffer.from(text)));
  const breakOff = () => void socket.destroy();
  return {
    send: (message) => write(OPCODE.text, JSON.stringify(message)),
    close: breakOff,
    breakOff,
    sendNonsense: () => write(UNKNOWN_OPCODE, ''),
  };
}
