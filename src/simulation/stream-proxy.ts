import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Passage, passRequest, passStream, refuse, refuseUpgrade, type Target } from './stream-passage.ts';

/** Bytes of randomness in the part of an address that lets one in: 128 bits. */
const SECRET_BYTES = 16;

/** Connections to the engine of one session at once, streams and files together: our choice, more than a class has pupils. */
export const MOST_CONNECTIONS = 60;

/** `/stream/<secret>/<port>` and what the engine is asked for. */
const ADDRESS = /^\/stream\/([\da-f]{32})\/(\d{1,5})((?:[/?].*)?)$/;

const METHODS = ['GET', 'HEAD', 'OPTIONS'];

export interface StreamProxyTools {
  /** Public address of this server as a WebSocket, e.g. `wss://host/2000`. Read for each session. */
  readonly address: string;
  /** The port of a session's engine; undefined while it has none. */
  portOf(session: string): number | undefined;
  /** Who is asked about addresses that this server has not given. */
  readonly relay?: StreamRelay | undefined;
}

/** Passes on what is for engines of another server of this machine. */
export interface StreamRelay {
  /** @returns whether there is another one, by which the request is answered now */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** @returns as above */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): boolean;
}

/**
 * Carries the streams and files of engines through the server's own port, so that no other one need be reachable, and
 * nobody reaches an engine whose address he was not told.
 */
export interface StreamProxy {
  /** What stands before the engine's port in its public address. The session has it until `forget`. */
  baseOf(session: string): string;
  /** Breaks off the session's connections. */
  forget(session: string): void;
  /** @returns whether the request was one for an engine, and so is answered */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** @returns whether the request was one for an engine, and so is passed on or refused */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): boolean;
  close(): void;
}

export function createStreamProxy(tools: StreamProxyTools): StreamProxy {
  const { portOf } = tools;
  const secrets = new Map<string, string>();
  const passages = new Map<string, Passage>();

  function targetOf(url = ''): Target | 'unknown' | 'crowded' {
    const [, secret = '', port, rest = ''] = ADDRESS.exec(url) ?? [];
    const passage = passages.get(secret);
    if (!passage || portOf(passage.session) !== Number(port)) return 'unknown';
    if (passage.connections.size >= MOST_CONNECTIONS) return 'crowded';
    const place = `${tools.address.replace(/^wss?:\/\//, '')}/stream/${secret}/${port}`;
    return { passage, port: Number(port), path: rest.startsWith('/') ? rest : `/${rest}`, place };
  }

  return {
    baseOf(session) {
      const secret = secrets.get(session) ?? randomBytes(SECRET_BYTES).toString('hex');
      if (!secrets.has(session)) passages.set(secret, { session, connections: new Set() });
      secrets.set(session, secret);
      return `${tools.address}/stream/${secret}/`;
    },
    forget(session) {
      const secret = secrets.get(session) ?? '';
      for (const connection of passages.get(secret)?.connections ?? []) connection.end();
      passages.delete(secret);
      secrets.delete(session);
    },
    answer(request, response) {
      if (!request.url?.startsWith('/stream/')) return false;
      const target = targetOf(request.url);
      if (target === 'unknown' && tools.relay?.answer(request, response)) return true;
      if (typeof target === 'string') refuse(response, target === 'crowded' ? 503 : 404);
      else if (METHODS.includes(request.method ?? '')) passRequest(target, request, response);
      else refuse(response, 405, { Allow: METHODS.join(', ') });
      return true;
    },
    upgrade(request, connection, head) {
      if (!request.url?.startsWith('/stream/')) return false;
      const target = targetOf(request.url);
      if (target === 'unknown' && tools.relay?.upgrade(request, connection, head)) return true;
      if (typeof target === 'string') {
        refuseUpgrade(connection as Socket, target === 'crowded' ? 503 : 404);
      } else {
        passStream(target, request, connection, head);
      }
      return true;
    },
    close() {
      for (const { connections } of passages.values()) for (const connection of connections) connection.end();
    },
  };
}
