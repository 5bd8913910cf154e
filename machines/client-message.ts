/** The texts that a simulation server sends to a web client on `/client`; pure, one function a message. */
import { type End, isAbnormal } from './end-reason.ts';

const HTML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** For text and quoted attributes; public clients insert what follows `loading: ` as HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => HTML_ENTITIES[character] ?? character);
}

/** One line of progress; clients move their bar by its words. */
export const loadingMessage = (line: string): string => `loading: ${escapeHtml(line)}`;

/** A mistake that does not end the session: shown in red by clients since R2023a, which stay. */
export const mistakeMessage = (text: string): string => `loading: Error: ${escapeHtml(text)}`;

/** @param session the id that the name of the post-mortem ends with; public clients pass over this message */
const postMortemMessage = (session: string): string => `post-mortem: ${session}`;

/**
 * What a client is told when its session ends without its doing: first for
 * clients since R2023a, then as an alert, which every generation shows and
 * upon which it leaves. Of an abnormal end, the number of the post-mortem
 * comes before both.
 *
 * @param session the id of the session that ends; who is refused at once has none
 */
export function endMessages({ reason, text }: End, session?: string): readonly string[] {
  const told = [mistakeMessage(text), `error: ${text}`];
  return session !== undefined && isAbnormal(reason) ? [postMortemMessage(session), ...told] : told;
}

/** @param place in the line of those who wait, 1 for who is next; public clients write it to their console */
export const queueMessage = (place: number): string => `queue: ${place}`;

/** @param seconds the longest time, from now, that a simulation may run; clients warn 300 s before. */
export const shutdownTimeoutMessage = (seconds: number): string => `shutdownTimeout: ${seconds}`;

/** @param streamBase scheme, host and separator, e.g. `ws://localhost:` or `wss://host/` */
export const webotsMessage = (streamBase: string, port: number): string => `webots:${streamBase}${port}`;

/** Shows clients and proxies that the engine lives. */
export const BEAT_MESSAGE = '.';
