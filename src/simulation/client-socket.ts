import type { RawData, WebSocket } from 'ws';
import { fromCallback } from 'xstate';
import type { FailureReport, SocketOrder, SocketReport } from '../../machines/client-session-types.ts';
import { readClientMessage } from './client-message.ts';
import type { Direction } from './message-log.ts';

/** Longest message of a client in bytes, our choice: a start message is a URL and a few words. */
export const MAX_CLIENT_MESSAGE = 64 * 1024;

/**
 * Bytes that may wait for a client that does not read: our choice; a whole
 * session says some kilobytes.
 */
const MAX_UNSENT = 256 * 1024;

/** Messages, pings and pongs that a client may send in one `FRAME_WINDOW`: our choice; public clients send two in all. */
const MAX_FRAMES = 100;

/** Length of a window of `MAX_FRAMES` in ms: our choice. */
const FRAME_WINDOW = 15_000;

/** Wait for the client's side of the closing handshake before the connection is cut, in ms: our choice. */
const CLOSE_GRACE = 2_000;

/** Closing code that keeps public clients calm. */
const NORMAL_CLOSURE = 1000;

/** Codes of a closing handshake that a client began in peace: 1000 and 1001 (page left), or none. */
const PEACEFUL_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/**
 * The `socket` actor of `clientSessionMachine`.
 *
 * Pings every `pingInterval` ms and cuts the connection when no pong came
 * between two pings, so that a half-open client is found within two intervals;
 * also that of a client which sends too much, or does not read.
 *
 * @param socketOf the open socket of a session, registered before its machine is started
 * @param pingInterval ms, of a client that comes now
 * @param onPassed hears every message that passes; its text is undefined where it is binary
 */
export function clientSocket(
  socketOf: (id: string) => WebSocket,
  pingInterval: () => number,
  onPassed: (id: string, direction: Direction, text: string | undefined) => void = () => {},
) {
  return fromCallback<SocketOrder, { id: string }>(({ input, sendBack, receive }) => {
    const socket = socketOf(input.id);
    const report = (event: SocketReport | FailureReport) => sendBack(event);
    /** A bug in a handler ends the session, and neither the process nor another session. */
    const guarded =
      <Arguments extends unknown[]>(handler: (...args: Arguments) => void) =>
      (...args: Arguments) => {
        try {
          handler(...args);
        } catch (error) {
          report({ type: 'actor.failed', actor: 'socket', error });
        }
      };
    let cutting: NodeJS.Timeout | undefined;
    let broken: Exclude<(SocketReport & { type: 'socket.closed' })['reason'], 'clientLeft'> | undefined;
    let isAnswering = true;
    let frames = 0;
    let windowEnd = 0;

    const ping = guarded(() => {
      if (!isAnswering) return cut('clientGone');
      // Answers to its own pings wait for it, too.
      if (isTooSlow()) return cut('clientTooSlow');
      isAnswering = false;
      socket.ping();
    });
    const pinging = setInterval(ping, pingInterval());

    const onPing = guarded(() => void isTooMuch());
    const onPong = guarded(() => {
      isAnswering = true;
      isTooMuch();
    });
    const onMessage = guarded((data: RawData, isBinary: boolean) => {
      if (isTooMuch()) return;
      const text = isBinary ? undefined : String(data);
      onPassed(input.id, 'fromClient', text);
      report(readClientMessage(text));
    });
    const onClose = guarded((code: number) => {
      clearInterval(pinging);
      clearTimeout(cutting);
      report({ type: 'socket.closed', reason: broken ?? (PEACEFUL_CODES.has(code) ? 'clientLeft' : 'clientGone') });
    });
    const onError = guarded(({ code }: NodeJS.ErrnoException) => {
      broken ??= code?.startsWith('WS_ERR_') ? 'clientMisbehaved' : 'clientGone';
      // After a malformed frame the client is told so, and may keep its side open for as long as it likes.
      cutting ??= setTimeout(() => socket.terminate(), CLOSE_GRACE);
    });
    socket.on('ping', onPing).on('pong', onPong).on('message', onMessage).on('error', onError).once('close', onClose);

    receive(
      guarded(({ text }) => {
        if (socket.readyState !== socket.OPEN) return;
        if (isTooSlow()) return cut('clientTooSlow');
        onPassed(input.id, 'toClient', text);
        socket.send(text);
      }),
    );

    // The client may have left before its machine was started.
    if (socket.readyState === socket.CLOSED) onClose(1006);

    return () => {
      clearInterval(pinging);
      clearTimeout(cutting);
      socket
        .off('ping', onPing)
        .off('pong', onPong)
        .off('message', onMessage)
        .off('error', onError)
        .off('close', onClose);
    };

    function isTooSlow(): boolean {
      return socket.bufferedAmount > MAX_UNSENT;
    }

    /** Counts a frame; cuts the connection at the first one too many. */
    function isTooMuch(): boolean {
      const now = performance.now();
      if (now >= windowEnd) {
        windowEnd = now + FRAME_WINDOW;
        frames = 0;
      }
      frames++;
      if (frames <= MAX_FRAMES) return false;
      cut('clientMisbehaved');
      return true;
    }

    function cut(reason: NonNullable<typeof broken>): void {
      broken ??= reason;
      socket.terminate();
    }
  });
}

/** Closes with 1000; cuts the connection of a client that does not answer within the grace. Resolves when it is closed. */
export function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const cutting = setTimeout(() => socket.terminate(), CLOSE_GRACE);
    socket.once('close', () => {
      clearTimeout(cutting);
      resolve();
    });
    socket.close(NORMAL_CLOSURE);
  });
}
