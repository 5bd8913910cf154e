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

/** Wait in ms between two attempts to take the port back, and how long it is tried: our choice. */
const RETAKE_INTERVAL = 20;
const RETAKE_TIME = 60_000;

/** Time in ms between two looks at what remains, which the successor is told when it has changed: our choice. */
const LOOK_INTERVAL = 200;

export interface HandOverOptions {
  readonly role: Pick<Role, 'name' | 'port' | 'release' | 'inheritance' | 'resume' | 'retire' | 'remains'>;
  readonly log: Logger;
  /** The role has handed over for good. `ended` resolves when nothing is left of what it served. */
  onRetired(ended: Promise<void>): void;
}

/** Lets a successor take over the port of a role while the server runs. */
export interface HandOver {
  close(): void;
}

/** Listens for a successor. Where it cannot, which a line of the log says, the server runs all the same. */
export async function offerHandOver(options: HandOverOptions): Promise<HandOver> {
  const { role, log, onRetired } = options;
  const folder = runtimeFolder();
  const path = controlSocket(folder, role.name, role.port);
  /** The one that has been given the port; one at a time. */
  let successor: Socket | undefined;
  let isRetired = false;
  let isClosed = false;
  let limiting: NodeJS.Timeout | undefined;
  let telling: NodeJS.Timeout | undefined;

  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('close', () => {
      if (socket === successor && !isRetired && !isClosed) void retake('the new server has ended');
    });
    hearMessages<SuccessorMessage>(socket, (message) => {
      if (message.type === 'free') free(socket, message);
      else if (message.type === 'commit' && socket === successor && !isRetired) void commit(socket);
    });
  });
  server.on('error', (error) => log.warn({ error }, 'no other process can take over from this one'));

  function free(socket: Socket, { format, version, pid }: SuccessorMessage & { type: 'free' }): void {
    const problem = refusal(format);
    if (problem !== undefined) {
      log.warn({ successor: pid, problem }, 'port not handed over');
      sendMessage(socket, { type: 'refused', problem });
      return;
    }
    log.info({ successor: pid, version }, 'port is handed over');
    successor = socket;
    limiting = setTimeout(() => {
      sendMessage(socket, { type: 'refused', problem: `it did not serve within ${SUCCESSION_LIMIT / 1000} s` });
      // Also one that hears nothing any more.
      socket.end(() => socket.destroy());
    }, SUCCESSION_LIMIT);
    role.release();
    sendMessage(socket, { type: 'freed', inheritance: role.inheritance?.() });
  }

  function refusal(format: unknown): string | undefined {
    if (format !== HANDOVER_FORMAT)
      return `it asks in format ${String(format)}, this one knows ${HANDOVER_FORMAT} only`;
    if (successor) return 'it hands over to another process already';
    return undefined;
  }

  async function commit(socket: Socket): Promise<void> {
    isRetired = true;
    clearTimeout(limiting);
    const streams = streamSocket(folder, role.port, process.pid);
    const { ended } = await role.retire(streams);
    // The path is the successor's from now on.
    server.close();
    let told = JSON.stringify(role.remains());
    sendMessage(socket, { type: 'committed', streams, remains: role.remains() });
    telling = setInterval(() => {
      const remains = role.remains();
      if (JSON.stringify(remains) === told) return;
      told = JSON.stringify(remains);
      sendMessage(socket, { type: 'remaining', remains });
    }, LOOK_INTERVAL);
    telling.unref();
    log.info({ sessions: role.remains().sessions }, 'handed over; what is served goes on to its end');
    onRetired(ended);
  }

  async function retake(reason: string): Promise<void> {
    clearTimeout(limiting);
    log.warn({ reason }, 'port is taken back');
    for (const deadline = performance.now() + RETAKE_TIME; ; ) {
      try {
        await role.resume();
        successor = undefined;
        log.info('port taken back');
        return;
      } catch (error) {
        if (isClosed) return;
        if (performance.now() < deadline) await wait(RETAKE_INTERVAL);
        else {
          successor = undefined;
          return log.error({ error }, 'port not taken back');
        }
      }
    }
  }

  try {
    openRuntimeFolder(folder);
    if (await isAnswered(path)) throw new Error(`Expected nobody to answer at ${path}`);
    rmSync(path, { force: true });
    server.listen(path);
    chmodSync(path, PRIVATE_SOCKET);
    server.unref();
  } catch (error) {
    log.warn({ error }, 'no other process can take over from this one');
  }
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
