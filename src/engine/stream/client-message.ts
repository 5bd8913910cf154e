import type { SceneRequest } from '../scene-xml/dialect.ts';

/** What a client of the stream may say. Durations are in simulated ms, `undefined` for endless. */
export type ClientMessage =
  /** The first message of a viewer. One that only watches does not limit the running time. */
  | { readonly kind: 'watch'; readonly request: SceneRequest; readonly isBroadcast: boolean }
  | { readonly kind: 'pause' }
  | { readonly kind: 'run'; readonly mode: 'real-time' | 'fast'; readonly duration: number | undefined }
  | { readonly kind: 'step' }
  | { readonly kind: 'limit'; readonly duration: number | undefined }
  | { readonly kind: 'reset' }
  | { readonly kind: 'reload' }
  /** The name of a file in the folder of worlds. */
  | { readonly kind: 'load'; readonly world: string }
  /** For a robot's controller, or from a robot's window. */
  | { readonly kind: 'robot' }
  /** The wish for a video stream. */
  | { readonly kind: 'video' }
  | { readonly kind: 'unsupported' };

const UNSUPPORTED: ClientMessage = { kind: 'unsupported' };

/** Reads one message; never throws. */
export function readClientMessage(text: string): ClientMessage {
  if (text === 'pause' || text === 'step' || text === 'reset' || text === 'reload') return { kind: text };
  // Webots compares the beginning only.
  if (text.startsWith('w3d') || text.startsWith('x3d')) {
    return { kind: 'watch', request: text.startsWith('w3d') ? 'w3d' : 'x3d', isBroadcast: text.endsWith(';broadcast') };
  }
  const colon = text.indexOf(':');
  if (colon === -1) return UNSUPPORTED;
  const body = text.slice(colon + 1);
  switch (text.slice(0, colon)) {
    case 'real-time':
      return withDuration(body, (duration) => ({ kind: 'run', mode: 'real-time', duration }));
    case 'fast':
      return withDuration(body, (duration) => ({ kind: 'run', mode: 'fast', duration }));
    case 'timeout':
      return withDuration(body, (duration) => ({ kind: 'limit', duration }));
    case 'load':
      return { kind: 'load', world: body.slice(body.lastIndexOf('/') + 1) };
    case 'robot':
      return { kind: 'robot' };
    case 'mjpeg':
      return { kind: 'video' };
    default:
      return UNSUPPORTED;
  }
}

function withDuration(text: string, message: (duration: number | undefined) => ClientMessage): ClientMessage {
  const duration = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(duration)) return UNSUPPORTED;
  return message(duration < 0 || duration === Number.POSITIVE_INFINITY ? undefined : duration);
}
