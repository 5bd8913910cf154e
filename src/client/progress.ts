import type { ServerMessage } from './server-message.ts';

/** Where the public client's bar stands, in percent, when nothing but the socket to the simulation server is open. */
export const STARTING_PERCENT = 5;
/** … when the engine's address has arrived. */
export const OPENING_PERCENT = 60;
/** … when the stream is open. */
export const LOADING_PERCENT = 60.8;
/** … when the scene is complete: the public client hides its bar then. */
export const STREAMING_PERCENT = 100;

/** Percent of the engine's loading at which each of its stages begins; each is 16 percent long (public client, R2023a to R2025a). */
const STAGE_STARTS: Readonly<Record<string, number>> = {
  'Parsing nodes': 0,
  'Creating nodes': 16,
  'Downloading assets': 32,
  'Finalizing nodes': 48,
};
const STAGE_LENGTH = 0.16;

/**
 * The bar for a `loading` text of the simulation server, in percent, or
 * `undefined` where the text leaves it as it is. The figures are the public
 * client's; unlike it, steps above 9 are read whole.
 */
export function percentOfLoading({ text }: Extract<ServerMessage, { kind: 'loading' }>): number | undefined {
  const share = shareOfStart(text);
  return share === undefined ? undefined : STARTING_PERCENT + 0.6 * share;
}

function shareOfStart(text: string): number | undefined {
  if (text.startsWith('Creating network')) return 20;
  const [, step, steps] = /^Step (\d{1,4})\/(\d{1,4})(?!\d)/.exec(text) ?? [];
  if (step !== undefined) return 20 + (65 * Math.min(Number(step), Number(steps))) / (Number(steps) + 1);
  if (text.endsWith('done')) return 85;
  if (text.startsWith('webots')) return 90;
  return undefined;
}

/** The bar for a `loading:<status>:<percent>` of the engine, in percent, or `undefined` where it leaves it as it is. */
export function percentOfScene(status: string, percent: number): number | undefined {
  const start = STAGE_STARTS[status];
  return start === undefined ? undefined : start + STAGE_LENGTH * Math.min(Math.max(percent, 0), 100);
}
