import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { ActorRefFrom } from 'xstate';
import { endMessages } from '../../machines/client-message.ts';
import type { clientSessionMachine } from '../../machines/client-session.ts';
import type { Admission, SeatReport, SessionTimings } from '../../machines/client-session-types.ts';
import { type End, type EndReason, INTERNAL_ERROR, internalError } from '../../machines/end-reason.ts';
import { child, getChild, type SupervisorRef, startChild, whichChildren } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import { closeSocket } from './client-socket.ts';
import type { Ownership } from './ownership.ts';
import type { Seats } from './seats.ts';
import type { SessionRecords } from './session-records.ts';

/** Bytes of randomness in a session's id, which must not be guessed: 128 bits. */
const ID_BYTES = 16;

/** Milliseconds in a second. */
const SECOND = 1_000;
/**
 * Sockets that may be open at once without having said what to start: our
 * choice; they take no simulation's place. Clients say it at once, so that
 * whoever has waited longest makes room for the next one.
 */
export const MAX_WAITING = 200;

/** What is told to who makes room. */
const CROWDED_OUT: End = { reason: 'clientSilent', text: 'Expected a start message before so many others came.' };

/** Steps of leaving that each may take `leaveTimeout`, see `clientSessionMachine`. */
const LEAVING_STEPS = 3;

/** Time beyond these, in ms, so that a session ends by its own time-outs and not by force: our choice. */
const LEAVING_SLACK = 1_000;

type ClientSession = ActorRefFrom<typeof clientSessionMachine>;

export interface RegistryTools {
  readonly log: Logger;
  readonly ownership: Ownership;
  readonly records: SessionRecords;
  /** The supervisor of the sessions. */
  sessions(): SupervisorRef;
  /** What stands before the engine's port in its public address. */
  streamBase(id: string): string;
  /** Those of a session that begins now. */
  timings(): SessionTimings;
  readonly seats: Seats;
  /** The machine with its effects, which find the socket by `socketOf`. */
  machine(): typeof clientSessionMachine;
  /** Hears why a session ended, once nothing of it is left. */
  onEnd(reason: EndReason): void;
}

/** The client sessions of a simulation server, each an actor with its socket. */
export interface SessionRegistry {
  /** Sessions of which anything is left. */
  readonly size: number;
  /** Gives a session a place until nothing is left of it, or lets it wait for one, or says why neither. @param repository see `repositoryOf` */
  seat(id: string, repository: string): Admission;
  /** Reports to a session that waits what becomes of it. @returns what ends its waiting */
  wait(id: string, report: (event: SeatReport) => void): () => void;
  /**
   * @param address see `addressOf`
   * @param client its address, shortened, for people
   */
  serve(socket: WebSocket, address: string, client?: string): void;
  /** Orders a session to end. @returns whether there is one that has not begun to */
  end(id: string, end: End): boolean;
  /**
   * Gives the sessions so many seconds to come to their end, and tells them. Resolves when none is left, when the
   * time has passed, or as soon as `hurry` aborts; nothing is ended for it, but sessions that have not begun.
   */
  drain(seconds: number, hurry: AbortSignal): Promise<void>;
  /** Resolves when no session is left. */
  emptied(): Promise<void>;
  /** The port of the session's engine; undefined where it has none. */
  portOf(id: string): number | undefined;
  /** @throws Error if there is no such session */
  socketOf(id: string): WebSocket;
}

export function createSessionRegistry(tools: RegistryTools): SessionRegistry {
  const { log, ownership, records, sessions, streamBase, seats, machine, onEnd } = tools;
  const sockets = new Map<string, WebSocket>();
  const addresses = new Map<string, string>();
  const onEmpty = new Set<() => void>();
  /** In the order in which they came. */
  const waiting = new Set<string>();

  async function serve(socket: WebSocket, id: string, client: string | undefined): Promise<void> {
    sockets.set(id, socket);
    // Followed by 'close'; without a listener it would end the process where the session has ended by a bug.
    socket.on('error', () => {});
    records.begin(id, client);
    makeRoom();
    waiting.add(id);
    ownership.claim(id, 'socket', () => closeSocket(socket));
    const timings = tools.timings();
    const reply = await startChild(
      sessions(),
      child({
        id,
        src: machine(),
        input: { id, streamBase: streamBase(id), timings },
        restart: 'temporary',
        shutdown: timings.leaveTimeout * LEAVING_STEPS + LEAVING_SLACK,
      }),
    );
    if (!reply.ok) return crashed(id, reply.error ?? new Error(`The sessions' supervisor refused: ${reply.reason}`));
    const session = reply.ref as ClientSession;
    session.on('engine.unresponsive', () => log.warn({ session: id }, 'engine is unresponsive'));
    session.on('engine.responsive', () => log.info({ session: id }, 'engine is responsive again'));
    records.followSession(id, session);
    session.subscribe({
      complete: () => ended(id, session.getSnapshot().output ?? INTERNAL_ERROR),
      error: (error) => crashed(id, error),
    });
  }

  function makeRoom(): void {
    const [longest] = waiting;
    if (longest === undefined || waiting.size < MAX_WAITING) return;
    waiting.delete(longest);
    getChild(sessions(), longest)?.send({ type: 'end', end: CROWDED_OUT });
  }

  function crashed(id: string, error: unknown): void {
    const socket = sockets.get(id);
    if (socket?.readyState === socket?.OPEN) {
      for (const text of endMessages(INTERNAL_ERROR, id)) {
        records.noteMessage(id, 'toClient', text);
        socket?.send(text);
      }
    }
    ended(id, internalError(error));
  }

  /** A session that ended by a bug still holds what its machine would have given back. */
  function ended(id: string, end: End): void {
    const { reason, text } = end;
    void ownership.releaseAll(id).then(() => {
      const postMortem = records.end(id, end);
      sockets.delete(id);
      log.info({ session: id, reason, text, ...(postMortem && { postMortem }) }, 'client session ended');
      addresses.delete(id);
      waiting.delete(id);
      seats.release(id);
      if (sockets.size === 0) for (const hear of onEmpty) hear();
      onEnd(reason);
    });
  }

  return {
    get size() {
      return sockets.size;
    },
    portOf(id) {
      const session = sockets.has(id) ? (getChild(sessions(), id) as ClientSession | undefined) : undefined;
      return session?.getSnapshot().context.port;
    },
    seat(id, repository) {
      waiting.delete(id);
      const admission = seats.claim(id, { address: addresses.get(id) ?? '', repository });
      if (admission === 'queued') log.info({ session: id, queued: seats.queued }, 'client session waits for a place');
      return admission;
    },
    wait: seats.wait,
    serve(socket, address, client) {
      const id = randomBytes(ID_BYTES).toString('hex');
      addresses.set(id, address);
      serve(socket, id, client).catch((error) => crashed(id, error));
    },
    end(id, end) {
      const session = sockets.has(id) ? getChild(sessions(), id) : undefined;
      session?.send({ type: 'end', end });
      return session !== undefined;
    },
    drain(seconds, hurry) {
      if (seconds === 0 || sockets.size === 0 || hurry.aborted) return Promise.resolve();
      for (const { ref } of whichChildren(sessions())) ref?.send({ type: 'drain', seconds });
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(finish, seconds * SECOND);
        hurry.addEventListener('abort', finish, { once: true });
        onEmpty.add(finish);
      });
    },
    emptied() {
      if (sockets.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onEmpty.add(resolve);
      });
    },
    socketOf(id) {
      const socket = sockets.get(id);
      if (!socket) throw new Error(`Expected the socket of session ${id}, found none`);
      return socket;
    },
  };
}
