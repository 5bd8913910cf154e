import { unescapeHtml } from './html-text.ts';

/** What a simulation server says on `/client`. */
export type ServerMessage =
  /** A step of the start, for the bar. */
  | { readonly kind: 'loading'; readonly text: string }
  /** `loading: Error: …`, or of Python servers a bare `Error: …`: something failed; the session may go on. */
  | { readonly kind: 'trouble'; readonly text: string }
  /** `error: …`: the session is over. */
  | { readonly kind: 'error'; readonly text: string }
  /** The engine listens on `url`. */
  | { readonly kind: 'stream'; readonly url: string }
  /** The simulation is closed after `seconds`, counted from now. */
  | { readonly kind: 'shutdownTimeout'; readonly seconds: number }
  | { readonly kind: 'ide' }
  | { readonly kind: 'type'; readonly type: string }
  /** The server is full, and the client has this place in the line: 1 for who is next. */
  | { readonly kind: 'queue'; readonly place: number }
  | { readonly kind: 'controllerReset'; readonly file: string }
  /** The server keeps under this number what led to the end that it is about to tell. */
  | { readonly kind: 'postMortem'; readonly id: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'unknown'; readonly text: string };

/** A number of a post-mortem; longer ones are none (our choice: twice what this program sends). */
const POST_MORTEM = /^[\w-]{1,64}$/;

/** Reads one message; never throws. Texts that arrive HTML-escaped come out as text. */
export function readServerMessage(message: string): ServerMessage {
  if (message === '.') return { kind: 'heartbeat' };
  if (/^webots:wss?:\/\//.test(message)) {
    const url = message.slice('webots:'.length).trim();
    return URL.canParse(url) ? { kind: 'stream', url } : { kind: 'unknown', text: message };
  }
  const { key, body } = split(message);
  switch (key) {
    case 'loading':
      return loading(unescapeHtml(body));
    case 'Error':
      return { kind: 'trouble', text: body };
    case 'error':
      return { kind: 'error', text: body };
    case 'shutdownTimeout':
      return withNumber(body, (seconds) => ({ kind: 'shutdownTimeout', seconds }), message);
    case 'queue':
      return withNumber(body, (place) => ({ kind: 'queue', place }), message);
    case 'ide':
      return { kind: 'ide' };
    case 'type':
      return { kind: 'type', type: body };
    case 'post-mortem':
      return POST_MORTEM.test(body) ? { kind: 'postMortem', id: body } : { kind: 'unknown', text: message };
    case 'reset controller':
      return { kind: 'controllerReset', file: body };
    default:
      return { kind: 'unknown', text: message };
  }
}

function loading(text: string): ServerMessage {
  const [, trouble] = /^Error:\s*(.*)$/s.exec(text) ?? [];
  return trouble === undefined ? { kind: 'loading', text } : { kind: 'trouble', text: trouble };
}

function withNumber(body: string, found: (value: number) => ServerMessage, message: string): ServerMessage {
  const value = Number(body);
  return body !== '' && value >= 0 && Number.isFinite(value) ? found(value) : { kind: 'unknown', text: message };
}

function split(message: string): { key: string; body: string } {
  const colon = message.indexOf(':');
  return colon === -1
    ? { key: '', body: message }
    : { key: message.slice(0, colon), body: message.slice(colon + 1).trim() };
}
