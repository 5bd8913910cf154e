import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Predecessor, Remains, Role } from '../role.ts';
import {
  HANDOVER_FORMAT,
  hearMessages,
  type PredecessorMessage,
  type SuccessorMessage,
  sendMessage,
} from './messages.ts';
import { isOwnSocket, runtimeFolder } from './runtime-folder.ts';
import { controlSocket } from './socket-path.ts';

/** Longest wait in ms for an answer of the server before: our choice. */
const ANSWER_TIMEOUT = 10_000;

const NOTHING: Remains = { sessions: 0, ports: [] };

export interface PredecessorOptions {
  readonly name: Role['name'];
  /** TCP port that is to be taken over. */
  readonly port: number;
  readonly version: string;
  readonly log: Logger;
  /** Longest wait for an answer in ms, by default `ANSWER_TIMEOUT`; tests shorten it. */
  readonly answerTimeout?: number;
}

/** The server whose port this process takes over. */
export interface TakenOver extends Predecessor {
  /**
   * Lets it end with what it serves; one that does not answer in time may do so later.
   *
   * @throws AppError `takeoverRefused` if it has taken its port back
   */
  commit(): Promise<void>;
  /** Leaves it alone; before `commit`, it takes its port back then. */
  close(): void;
}

export function createPredecessor({ name, port, version, log, ...options }: PredecessorOptions): TakenOver {
  const { answerTimeout = ANSWER_TIMEOUT } = options;
  let socket: Socket | undefined;
  let remains = NOTHING;
  const listeners = new Set<() => void>();
  let streams: string | undefined;
  let refused: string | undefined;
  let inheritance: unknown;
  let isLeftAlone = false;
  let hearing: (message: PredecessorMessage | undefined) => void = () => {};
  let hasClosed: Promise<void> = Promise.resolve();

  function changeTo(next: Remains): void {
    remains = next;
    for (const listener of listeners) listener();
  }

  function hear(message: PredecessorMessage): void {
    if (message.type === 'refused') refused = message.problem;
    if (message.type === 'freed') ({ streams, inheritance } = message);
    if (message.type !== 'refused') changeTo(message.remains);
    if (message.type === 'remaining') return;
    hearing(message);
  }

  /** @throws AppError `takeoverRefused` */
  function ask(message: SuccessorMessage): Promise<'answered' | 'ended' | 'silent'> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        hearing = () => {};
        resolve('silent');
      }, answerTimeout);
      hearing = (answer) => {
        clearTimeout(timer);
        hearing = () => {};
        if (refused !== undefined) reject(refusal(refused));
        else resolve(answer ? 'answered' : 'ended');
      };
      if (refused !== undefined || !socket?.writable) hearing(undefined);
      else sendMessage(socket, message);
    });
  }

  return {
    get remains() {
      return remains;
    },
    onChange: (listener) => void listeners.add(listener),
    get streams() {
      return streams;
    },
    async takeOver(open) {
      const path = controlSocket(runtimeFolder(), name, port);
      socket = await connected(path);
      if (!socket) {
        log.info({ path }, 'no server to take over from');
        return open();
      }
      hearMessages(socket, hear);
      hasClosed = new Promise((resolve) => {
        socket?.once('close', () => {
          changeTo(NOTHING);
          // One that was killed has left its socket.
          if (streams !== undefined && refused === undefined && !isLeftAlone) rmSync(streams, { force: true });
          streams = undefined;
          hearing(undefined);
          resolve();
        });
      });
      const asked = performance.now();
      const answer = await ask({ type: 'free', format: HANDOVER_FORMAT, version, pid: process.pid });
      if (answer === 'silent') throw refusal(`it did not answer within ${answerTimeout / 1000} s`);
      const opened = await open(inheritance);
      log.info({ port, gap: Math.ceil(performance.now() - asked) }, 'port taken over');
      return opened;
    },
    async commit() {
      if (!socket) return;
      const answer = await ask({ type: 'commit' });
      if (answer === 'ended') return log.warn('the server before has ended by itself');
      // It may be about to do what it was told, and two that give way would leave nobody on the port.
      if (answer === 'silent') log.warn({ seconds: answerTimeout / 1000 }, 'the server before does not answer');
      else log.info({ sessions: remains.sessions }, 'serves instead of the server before');
      // What it says must not keep this process alive.
      socket.unref();
    },
    gone: () => hasClosed,
    close() {
      isLeftAlone = true;
      socket?.destroy();
    },
  };
}

function connected(path: string): Promise<Socket | undefined> {
  if (!isOwnSocket(path)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(socket));
    // Followed by 'close' where it was open.
    socket.on('error', () => resolve(undefined));
  });
}

function refusal(problem: string): AppError {
  return new AppError('takeoverRefused', `The server that runs did not hand over its port: ${problem}.`);
}
