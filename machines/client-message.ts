/** The texts that a simulation server sends to a web client on `/client`; pure, one function a message. */
import type { End } from './end-reason.ts';

const HTML_ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** For text and quoted attributes; public clients insert what follows `loading: ` as HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => HTML_ENTITIES[character] ?? character);
}

/** One line of progress; clients move their bar by its words. */
export const loadingMessage = (line: string): string => `loading: ${escapeHtml(line)}`;

/** A mistake that does not end the session: shown in red by clients since R2023a, which stay. */
export const mistakeMessage = (text: string): string => `loading: Error: ${escapeHtml(text)}`;

/**
 * What a client is told when its session ends without its doing: first for
 * clients since R2023a, then as an alert, which every generation shows.
 */
export const endMessages = ({ text }: End): readonly string[] => [mistakeMessage(text), `error: ${text}`];

/** @param seconds the longest time, from now, that a simulation may run; clients warn 300 s before. */
export const shutdownTimeoutMessage = (seconds: number): string => `shutdownTimeout: ${seconds}`;

/** @param streamBase scheme, host and separator, e.g. `ws://localhost:` or `wss://host/` */
export const webotsMessage = (streamBase: string, port: number): string => `webots:${streamBase}${port}`;

/** Shows clients and proxies that the engine lives. */
export const BEAT_MESSAGE = '.';
