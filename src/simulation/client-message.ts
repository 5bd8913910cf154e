import type { SocketReport } from '../../machines/client-session-types.ts';

/** Modes that clients name; a scene's name says nothing about the engine's dialect (`docs/protocol.md`). */
const MODES = new Map<unknown, 'scene' | 'mjpeg'>([
  [undefined, 'scene'],
  ['x3d', 'scene'],
  ['w3d', 'scene'],
  ['mjpeg', 'mjpeg'],
]);

/** Longest quotation of a client's own words in an answer, in characters: our choice. */
const MAX_QUOTATION = 80;

/**
 * Reads one message of a client on `/client`.
 *
 * @param data the text, or undefined for a binary message
 * @returns what it asks for, or `client.mistaken` with what was expected and what came
 */
export function readClientMessage(data: string | undefined): SocketReport {
  if (data === undefined) return mistake('Expected a text message in JSON, got a binary one.');
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return mistake(`Expected a message in JSON, got ${quotation(data)}.`);
  }
  if (!isObject(message)) return mistake(`Expected a JSON object, got ${quotation(data)}.`);
  if ('reset controller' in message) return readReset(message['reset controller']);
  if ('start' in message) return readStart(message.start);
  const [key] = Object.keys(message);
  const found = key === undefined ? 'an empty object' : `the key ${quotation(key)}`;
  return mistake(`Expected the key \`start\` or \`reset controller\`, got ${found}.`);
}

function readReset(file: unknown): SocketReport {
  if (typeof file !== 'string') {
    return mistake(`Expected \`reset controller\` to be a text such as "robot/robot.py", got ${quotation(file)}.`);
  }
  return { type: 'client.controllerReset', file };
}

function readStart(start: unknown): SocketReport {
  if (!isObject(start)) return mistake(`Expected \`start\` to be an object with a \`url\`, got ${quotation(start)}.`);
  const { url, mode } = start;
  if (typeof url !== 'string') return mistake(`Expected \`start.url\` to be a world's URL, got ${quotation(url)}.`);
  const known = MODES.get(mode);
  if (!known) return mistake(`Expected \`start.mode\` to be x3d, w3d or mjpeg, got ${quotation(mode)}.`);
  return { type: 'client.started', url, mode: known };
}

function mistake(text: string): SocketReport {
  return { type: 'client.mistaken', text };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quotation(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // Control characters would break the line in logs and on terminals.
  const line = text.replace(/[\p{C}\s]+/gu, ' ');
  return `"${line.length > MAX_QUOTATION ? `${line.slice(0, MAX_QUOTATION)}…` : line}"`;
}
