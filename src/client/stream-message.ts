import { type Frame, readFrame } from './frame.ts';

/** How the simulation runs: not, as fast as the clock, or as fast as the engine can. */
export type RunState = 'pause' | 'real-time' | 'fast';

/** What an engine says on its stream. */
export type StreamMessage =
  | { readonly kind: 'loading'; readonly status: string; readonly percent: number }
  /** The world that runs and those of the project, as paths in it. */
  | { readonly kind: 'world'; readonly current: string; readonly worlds: readonly string[] }
  | { readonly kind: 'scene'; readonly xml: string }
  | { readonly kind: 'sceneCompleted' }
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** The answer to this client's `pause` or `step`. */
  | { readonly kind: 'pausedByClient' }
  /** Paused for another reason, at `time` simulated milliseconds. */
  | { readonly kind: 'paused'; readonly time: number }
  | { readonly kind: 'running'; readonly state: 'real-time' | 'fast' }
  | { readonly kind: 'resetFinished' }
  | { readonly kind: 'worldDeleted' }
  | { readonly kind: 'nodeAdded'; readonly parent: string | null; readonly xml: string }
  | { readonly kind: 'nodeDeleted'; readonly id: string }
  | { readonly kind: 'visibility'; readonly id: string; readonly visible: boolean }
  | { readonly kind: 'console'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'robotWindow'; readonly robot: string; readonly window: string; readonly main: boolean }
  | { readonly kind: 'robotWindowRemoved'; readonly robot: string }
  | { readonly kind: 'robotMessage'; readonly robot: string; readonly message: string }
  /** MJPEG: the state, and the size that another client has set. */
  | { readonly kind: 'multimedia'; readonly state: RunState; readonly width?: number; readonly height?: number }
  | { readonly kind: 'resized'; readonly width: number; readonly height: number }
  | { readonly kind: 'worldInfo'; readonly title: string; readonly window: string }
  /** A known message with an impossible body. */
  | { readonly kind: 'malformed'; readonly expected: string; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

const WHOLE: Readonly<Record<string, StreamMessage>> = {
  'paused by client': { kind: 'pausedByClient' },
  'real-time': { kind: 'running', state: 'real-time' },
  fast: { kind: 'running', state: 'fast' },
  run: { kind: 'running', state: 'fast' },
  'scene load completed': { kind: 'sceneCompleted' },
  'reset finished': { kind: 'resetFinished' },
  'delete world': { kind: 'worldDeleted' },
};

const READERS: Readonly<Record<string, (body: string) => StreamMessage | undefined>> = {
  'application/json': (body) => {
    const frame = readFrame(body);
    return frame && { kind: 'frame', frame };
  },
  stdout: (text) => ({ kind: 'console', stream: 'stdout', text }),
  stderr: (text) => ({ kind: 'console', stream: 'stderr', text }),
  model: (xml) => ({ kind: 'scene', xml }),
  world: (body) => {
    const colon = body.indexOf(':');
    if (colon === -1) return undefined;
    const worlds = body.slice(colon + 1).split(';');
    return {
      kind: 'world',
      current: body.slice(0, colon),
      worlds: worlds.map((world) => world.trim()).filter(Boolean),
    };
  },
  loading: (body) => {
    const [, status, percent] = /^(.*):\s*(\d+)\s*$/s.exec(body) ?? [];
    return status === undefined ? undefined : { kind: 'loading', status: status.trim(), percent: Number(percent) };
  },
  pause: (body) => {
    const time = Number.parseFloat(body);
    return Number.isFinite(time) ? { kind: 'paused', time } : undefined;
  },
  time: (body) => {
    const time = Number.parseFloat(body);
    return Number.isFinite(time) ? { kind: 'frame', frame: { time, updates: [], labels: [] } } : undefined;
  },
  node: (body) => {
    const [, parent, xml] = /^(\d+):(.*)$/s.exec(body) ?? [];
    return xml === undefined ? undefined : { kind: 'nodeAdded', parent: parent === '0' ? null : `n${parent}`, xml };
  },
  delete: (body) => (/^\d+$/.test(body.trim()) ? { kind: 'nodeDeleted', id: `n${body.trim()}` } : undefined),
  visibility: (body) => {
    const [, id, visible] = /^(\d+):([01])$/.exec(body.trim()) ?? [];
    return id === undefined ? undefined : { kind: 'visibility', id: `n${id}`, visible: visible === '1' };
  },
  'robot window': (body) => {
    const { robot, window, main, remove } = readObject(body);
    if (typeof robot !== 'string') return undefined;
    if (remove === true) return { kind: 'robotWindowRemoved', robot };
    return typeof window === 'string' ? { kind: 'robotWindow', robot, window, main: main === true } : undefined;
  },
  robot: (body) => {
    const { name, message } = readObject(body);
    const isWhole = typeof name === 'string' && typeof message === 'string';
    return isWhole ? { kind: 'robotMessage', robot: name, message } : undefined;
  },
  multimedia: (body) => {
    const [, word, width, height] = /^mjpeg (pause|real-time|run|fast)(?:\s+(\d+)\s+(\d+))?$/.exec(body.trim()) ?? [];
    if (word === undefined) return undefined;
    const state = word === 'run' ? 'fast' : (word as RunState);
    return width === undefined
      ? { kind: 'multimedia', state }
      : { kind: 'multimedia', state, width: Number(width), height: Number(height) };
  },
  resize: (body) => {
    const [, width, height] = /^(\d+)\s+(\d+)$/.exec(body.trim()) ?? [];
    return width === undefined ? undefined : { kind: 'resized', width: Number(width), height: Number(height) };
  },
  'world info': (body) => {
    const { title, window } = readObject(body);
    return typeof title === 'string' ? { kind: 'worldInfo', title, window: String(window ?? '') } : undefined;
  },
};

/** Reads one message; never throws. */
export function readStreamMessage(message: string): StreamMessage {
  const whole = Object.hasOwn(WHOLE, message) ? WHOLE[message] : undefined;
  if (whole !== undefined) return whole;
  const colon = message.indexOf(':');
  const key = message.slice(0, Math.max(colon, 0));
  const reader = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
  if (reader === undefined) return { kind: 'unknown', text: message };
  return reader(message.slice(colon + 1)) ?? { kind: 'malformed', expected: key, text: message };
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // What is no JSON has none of the keys that the reader asks for: it is told as malformed.
    return {};
  }
}
