import { randomBytes } from 'node:crypto';
import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Bytes of randomness in the part of an address that lets one in: 128 bits. */
const SECRET_BYTES = 16;

/** Connections to the engine of one session at once, streams and files together: our choice, more than a class has pupils. */
export const MOST_CONNECTIONS = 60;

/** Longest silence in ms of an engine that is asked for a file: our choice. */
const FILE_PATIENCE = 30_000;

/** After so many ms of silence the system looks whether the other side of a stream is still there: our choice. */
const KEEP_ALIVE = 30_000;

const ENGINE_HOST = '127.0.0.1';

/** `/stream/<secret>/<port>` and what the engine is asked for. */
const ADDRESS = /^\/stream\/([\da-f]{32})\/(\d{1,5})((?:[/?].*)?)$/;

/** Headers that concern one connection, RFC 9110 section 7.6.1; they are not passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What strangers' pages must not share with the pages of this server, which have the same address: their origin. */
const SANDBOX = 'sandbox allow-scripts allow-forms allow-modals allow-popups allow-pointer-lock';

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

interface Passage {
  readonly session: string;
  readonly connections: Set<{ destroy(): void }>;
}

/** What a request asks of whom. */
interface Target {
  readonly passage: Passage;
  readonly port: number;
  readonly path: string;
}

export function createStreamProxy(tools: StreamProxyTools): StreamProxy {
  const { portOf } = tools;
  const secrets = new Map<string, string>();
  const passages = new Map<string, Passage>();
  const agent = new Agent({ keepAlive: true });

  function targetOf(url = ''): Target | 'unknown' | 'crowded' {
    const [, secret = '', port, rest = ''] = ADDRESS.exec(url) ?? [];
    const passage = passages.get(secret);
    if (!passage || portOf(passage.session) !== Number(port)) return 'unknown';
    if (passage.connections.size >= MOST_CONNECTIONS) return 'crowded';
    return { passage, port: Number(port), path: rest.startsWith('/') ? rest : `/${rest}` };
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
      for (const connection of passages.get(secret)?.connections ?? []) connection.destroy();
      passages.delete(secret);
      secrets.delete(session);
    },
    answer(request, response) {
      if (!request.url?.startsWith('/stream/')) return false;
      const target = targetOf(request.url);
      if (target === 'unknown' && tools.relay?.answer(request, response)) return true;
      if (typeof target === 'string') refuse(response, target === 'crowded' ? 503 : 404);
      else if (METHODS.includes(request.method ?? '')) passRequest(target, request, response, agent);
      else refuse(response, 405, { Allow: METHODS.join(', ') });
      return true;
    },
    upgrade(request, connection, head) {
      if (!request.url?.startsWith('/stream/')) return false;
      const target = targetOf(request.url);
      if (target === 'unknown' && tools.relay?.upgrade(request, connection, head)) return true;
      if (typeof target === 'string') {
        const status = target === 'crowded' ? '503 Service Unavailable' : '404 Not Found';
        connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
          connection.destroy(),
        );
      } else {
        passStream(target, request, connection, head);
      }
      return true;
    },
    close() {
      for (const { connections } of passages.values()) for (const connection of connections) connection.destroy();
      agent.destroy();
    },
  };
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/plain', ...headers });
  response.end(status === 503 ? 'As many connections as may be had to this simulation there are.\n' : undefined);
}

/** Passes on a question for a file, and the answer as fast as it is read. */
function passRequest(target: Target, request: IncomingMessage, response: ServerResponse, agent: Agent): void {
  const { passage, port, path } = target;
  const headers = { ...endToEnd(request.headers), host: `${ENGINE_HOST}:${port}` };
  const { method } = request;
  const asked = httpRequest(
    { host: ENGINE_HOST, port, path, method, headers, agent, timeout: FILE_PATIENCE },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        ...endToEnd(answer.headers),
        'Content-Security-Policy': SANDBOX,
        'X-Content-Type-Options': 'nosniff',
      });
      answer.pipe(response);
      // Half an answer must not look like a whole one.
      answer.on('error', () => response.destroy());
      answer.on('aborted', () => response.destroy());
    },
  );
  asked.on('timeout', () => asked.destroy(new Error('Expected the engine to answer in time')));
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502);
  });
  passage.connections.add(asked);
  response.on('close', () => {
    passage.connections.delete(asked);
    asked.destroy();
  });
  asked.end();
}

/** Without the headers that concern one connection. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.includes(name)));
}

/** Passes on the handshake with the engine's own path; from then on bytes, as fast as the slower side takes them. */
function passStream({ passage, port, path }: Target, request: IncomingMessage, connection: Duplex, head: Buffer): void {
  const engine = connect({
    host: ENGINE_HOST,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE,
  });
  const client = connection as Socket;
  client.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
  const pair = {
    destroy() {
      engine.destroy();
      client.destroy();
    },
  };
  passage.connections.add(pair);
  for (const side of [engine, client]) {
    // Followed by 'close'; whichever side breaks, the other one is told.
    side.on('error', () => {});
    side.on('close', () => {
      passage.connections.delete(pair);
      pair.destroy();
    });
  }
  engine.write(`${handshake(request, path, port)}\r\n\r\n`);
  engine.write(head);
  engine.pipe(client).pipe(engine);
}

function handshake({ method, rawHeaders }: IncomingMessage, path: string, port: number): string {
  const fields = rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1) return [];
    return [`${name}: ${name.toLowerCase() === 'host' ? `${ENGINE_HOST}:${port}` : rawHeaders[index + 1]}`];
  });
  return [`${method} ${path} HTTP/1.1`, ...fields].join('\r\n');
}
