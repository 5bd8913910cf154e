import type { Socket } from 'node:net';
import type { Remains } from '../role.ts';

/** Format of the messages between two servers; one of another format is refused. */
export const HANDOVER_FORMAT = 1;

/** Longest message in bytes: our choice; the ports of ten thousand engines fit. */
const MOST_BYTES = 262_144;

/** What the new server says. */
export type SuccessorMessage =
  /** Asks for the port. */
  | { readonly type: 'free'; readonly format: number; readonly version: string; readonly pid: number }
  /** It serves; the old one is to end with what it still serves. */
  | { readonly type: 'commit' };

/** What the old server answers. */
export type PredecessorMessage =
  /**
   * `streams` is the absolute path of the socket that leads to its engines; `inheritance` is for the role of the new
   * server, which checks it.
   */
  | {
      readonly type: 'freed';
      readonly streams: string;
      readonly remains: Remains;
      readonly inheritance?: unknown;
    }
  | { readonly type: 'refused'; readonly problem: string }
  | { readonly type: 'committed'; readonly remains: Remains }
  /** After `freed`, each time that it has changed. */
  | { readonly type: 'remaining'; readonly remains: Remains };

export function sendMessage(socket: Socket, message: SuccessorMessage | PredecessorMessage): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Hears every line of JSON; a line that is none, or too long, breaks the connection off. */
export function hearMessages<Message>(socket: Socket, hear: (message: Message) => void): void {
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    try {
      if (text.length > MOST_BYTES) throw new Error(`Expected at most ${MOST_BYTES} bytes in a message`);
      for (const line of lines) hear(JSON.parse(line) as Message);
    } catch {
      socket.destroy();
    }
  });
}
