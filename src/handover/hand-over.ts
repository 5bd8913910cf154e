import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../log.ts';
import type { Role } from '../role.ts';
import { HANDOVER_FORMAT, hearMessages, type SuccessorMessage, sendMessage } from './messages.ts';
import { isOwnSocket, openRuntimeFolder, runtimeFolder } from './runtime-folder.ts';
import { controlSocket, streamSocket } from './socket-path.ts';

/** Only our user may connect. */
const PRIVATE_SOCKET = 0o600;

/** Longest time in ms that the port is free for a successor which does not say that it serves: our choice. */
const SUCCESSION_LIMIT = 60_000;

/** Wait in ms between two attempts to take the port back: our choice. */
const RETAKE_INTERVAL = 20;

/** After so many ms it is tried more slowly, with so long a wait in ms in between: our choice. */
const RETAKE_TIME = 60_000;
const SLOW_RETAKE_INTERVAL = 1_000;

/** Wait in ms between two attempts to be found by a successor: our choice. */
const OFFER_INTERVAL = 1_000;

/** Time in ms between two looks at what remains, which the successor is told when it has changed: our choice. */
const LOOK_INTERVAL = 200;

export interface HandOverOptions {
  readonly role: Pick<Role, 'name' | 'port' | 'release' | 'inheritance' | 'resume' | 'retire' | 'remains'>;
  readonly log: Logger;
  /** The role has handed over for good. `ended` resolves when nothing is left of what it served. */
  onRetired(ended: Promise<void>): void;
  /** Time in ms for which the port is taken back at the quick pace; tests shorten it. */
  readonly retakeTime?: number;
  /** Longest time in ms that the port is free, by default `SUCCESSION_LIMIT`; tests shorten it. */
  readonly successionLimit?: number;
}

/** Lets a successor take over the port of a role while the server runs. */
export interface HandOver {
  close(): void;
}

/** Listens for a successor. Where it cannot, which a line of the log says, the server runs all the same, and tries again. */
export async function offerHandOver(options: HandOverOptions): Promise<HandOver> {
  const { role, log, onRetired, retakeTime = RETAKE_TIME, successionLimit = SUCCESSION_LIMIT } = options;
  const folder = runtimeFolder();
  const path = controlSocket(folder, role.name, role.port);
  /** The one that has been given the port; one at a time. */
  let successor: Socket | undefined;
  let state: 'serving' | 'releasing' | 'released' | 'retiring' | 'retired' | 'retaking' = 'serving';
  let isClosed = false;
  let limiting: NodeJS.Timeout | undefined;
  let telling: NodeJS.Timeout | undefined;

  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => {
      const isAwaited = state === 'released' || state === 'retiring';
      if (socket === successor && isAwaited && !isClosed) void retake('the new server has ended');
    });
    hearMessages<SuccessorMessage>(socket, (message) => {
      if (message.type === 'free') void free(socket, message);
      else if (message.type === 'commit' && socket === successor && state === 'released') void commit(socket);
    });
  });
  server.on('error', ({ message: problem }) => log.warn({ problem }, 'no other process can take over from this one'));

  async function free(socket: Socket, { format, version, pid }: SuccessorMessage & { type: 'free' }): Promise<void> {
    const refuse = (problem: string) => {
      log.warn({ successor: pid, problem }, 'port not handed over');
      sendMessage(socket, { type: 'refused', problem });
    };
    const problem = refusal(format);
    if (problem !== undefined) return refuse(problem);
    log.info({ successor: pid, version }, 'port is handed over');
    successor = socket;
    state = 'releasing';
    // A process that was stopped meanwhile first hears what it has been told: the new one may serve, and both would want the port.
    limiting = setTimeout(() => setImmediate(() => refuseLate(socket)), successionLimit);
    const streams = streamSocket(folder, role.port, process.pid);
    try {
      // A killed process that had the same id may have left it.
      rmSync(streams, { force: true });
      await role.release(streams);
    } catch (error) {
      clearTimeout(limiting);
      successor = undefined;
      state = 'serving';
      return refuse(`its engines cannot be reached without it: ${(error as Error).message}`);
    }
    state = 'released';
    if (socket.destroyed) return retake('the new server has ended');
    sendMessage(socket, { type: 'freed', streams, remains: role.remains(), inheritance: role.inheritance?.() });
    tellRemains(socket);
  }

  function refuseLate(socket: Socket): void {
    if (state !== 'releasing' && state !== 'released') return;
    sendMessage(socket, { type: 'refused', problem: `it did not serve within ${successionLimit / 1000} s` });
    // Also one that hears nothing any more.
    socket.end(() => socket.destroy());
  }

  function tellRemains(socket: Socket): void {
    let told = JSON.stringify(role.remains());
    telling = setInterval(() => {
      const remains = role.remains();
      if (JSON.stringify(remains) === told) return;
      told = JSON.stringify(remains);
      sendMessage(socket, { type: 'remaining', remains });
    }, LOOK_INTERVAL);
    telling.unref();
  }

  function refusal(format: unknown): string | undefined {
    if (format !== HANDOVER_FORMAT)
      return `it asks in format ${String(format)}, this one knows ${HANDOVER_FORMAT} only`;
    if (state === 'retaking') return 'it takes its port back at the moment';
    if (state !== 'serving') return 'it hands over to another process already';
    return undefined;
  }

  async function commit(socket: Socket): Promise<void> {
    state = 'retiring';
    clearTimeout(limiting);
    let ended: Promise<void>;
    try {
      ({ ended } = await role.retire());
    } catch (error) {
      log.error({ error }, 'port not handed over for good');
      sendMessage(socket, { type: 'refused', problem: 'it could not give up its port for good' });
      return state === 'retiring' ? retake('it could not be given up for good') : undefined;
    }
    // One that has ended meanwhile leaves the port to this one.
    if (state !== 'retiring' || socket.destroyed) return;
    state = 'retired';
    // The path is the successor's from now on.
    server.close();
    sendMessage(socket, { type: 'committed', remains: role.remains() });
    log.info({ sessions: role.remains().sessions }, 'handed over; what is served goes on to its end');
    onRetired(ended);
  }

  async function retake(reason: string): Promise<void> {
    state = 'retaking';
    clearTimeout(limiting);
    clearInterval(telling);
    log.warn({ reason }, 'port is taken back');
    const deadline = performance.now() + retakeTime;
    let isSlow = false;
    while (!(await isResumed())) {
      if (isClosed) return;
      await wait(isSlow ? SLOW_RETAKE_INTERVAL : RETAKE_INTERVAL);
    }
    successor = undefined;
    state = 'serving';
    log.info('port taken back');

    async function isResumed(): Promise<boolean> {
      try {
        await role.resume();
        return true;
      } catch (error) {
        if (!isSlow && performance.now() >= deadline) {
          isSlow = true;
          const problem = (error as Error).message;
          log.error({ problem, seconds: retakeTime / 1000 }, 'port not taken back; still trying');
        }
        return false;
      }
    }
  }

  /** @throws Error of the system, or where another process has the path */
  async function offer(): Promise<void> {
    openRuntimeFolder(folder);
    if (await isAnswered(path)) throw new Error(`Expected nobody to answer at ${path}`);
    if (isClosed) return;
    rmSync(path, { force: true });
    server.listen(path);
    chmodSync(path, PRIVATE_SOCKET);
    server.unref();
  }

  /** A server before that has not heard that this one serves has the path until it does, or ends. */
  async function offerLater(): Promise<void> {
    while (!isClosed && !server.listening) {
      await wait(OFFER_INTERVAL, undefined, { ref: false });
      await offer().then(
        () => log.info('another process can take over from this one'),
        () => {},
      );
    }
  }

  await offer().catch((error: Error) => {
    log.warn({ problem: error.message }, 'no other process can take over from this one');
    void offerLater();
  });
  return {
    close() {
      isClosed = true;
      clearTimeout(limiting);
      clearInterval(telling);
      server.close();
      successor?.destroy();
    },
  };
}

/** Whether a process of ours listens there. What a dead one has left answers nobody. */
function isAnswered(path: string): Promise<boolean> {
  if (!isOwnSocket(path)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
