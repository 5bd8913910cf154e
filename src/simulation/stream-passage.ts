import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { joinSockets } from './joined-sockets.ts';
import { hearSwitching } from './switching.ts';

const ENGINE_HOST = '127.0.0.1';

/** Longest wait in ms for the beginning of an engine's answer: our choice. What follows may pause, as pictures do. */
const FILE_PATIENCE = 30_000;

/** The lowest status of an answer that is not followed by another one, RFC 9110 section 15. */
const LOWEST_STATUS = 200;

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

/** What the client's browser says to this server's own pages, and is nobody else's. */
const OWN = new Set(['authorization', 'cookie']);

/** What a browser keeps for, or does to, a whole host, which is this server's; the last one is set here. */
const OF_HOST = new Set([
  'alt-svc',
  'clear-site-data',
  'nel',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'strict-transport-security',
  'www-authenticate',
  'x-content-type-options',
]);

/** What strangers' pages must not share with the pages of this server, which have the same address: their origin. */
const SANDBOX = 'sandbox allow-scripts allow-forms allow-modals allow-popups allow-pointer-lock';

/** What leads to one session's engine. */
export interface Passage {
  readonly session: string;
  /** Those that are open. */
  readonly connections: Set<{ end(): void }>;
}

/** What a request asks of whom. */
export interface Target {
  readonly passage: Passage;
  readonly port: number;
  readonly path: string;
  /** Public address of the engine, without its scheme. */
  readonly place: string;
}

export function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/plain', ...headers });
  response.end(status === 503 ? 'As many connections as may be had to this simulation there are.\n' : undefined);
}

export function refuseUpgrade(connection: Socket, status: 404 | 502 | 503): void {
  connection.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  connection.destroySoon();
}

/** Passes on a question for a file, and the answer as fast as it is read. */
export function passRequest(
  { passage, port, path, place }: Target,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method } = request;
  // Webots closes each connection after an answer, and writes the host into files that say `webots://`.
  const headers = { ...forEngine(endToEnd(request.headers)), Host: place };
  const asked = httpRequest({ host: ENGINE_HOST, port, path, method, headers, agent: false }, (answer) => {
    clearTimeout(patience);
    const { statusCode = 0 } = answer;
    if (statusCode < LOWEST_STATUS) return void asked.destroy(new Error('Expected an answer with a status of HTTP'));
    response.writeHead(statusCode, {
      ...fromEngine(endToEnd(answer.headers)),
      'Content-Security-Policy': SANDBOX,
      'X-Content-Type-Options': 'nosniff',
    });
    answer.pipe(response);
    // Half an answer must not look like a whole one.
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
  });
  const patience = setTimeout(() => asked.destroy(), FILE_PATIENCE);
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502);
  });
  const connection = { end: () => void asked.destroy() };
  passage.connections.add(connection);
  response.on('close', () => {
    clearTimeout(patience);
    passage.connections.delete(connection);
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

/** Webots knows names of headers by the case in which browsers write them. */
function forEngine(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const known = Object.entries(headers).filter(([name]) => name !== 'host' && !OWN.has(name));
  return Object.fromEntries(known.map(([name, value]) => [inTitleCase(name), value]));
}

function fromEngine(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isOfAnswer(name)));
}

/** Whether a header concerns the answer alone. */
function isOfAnswer(name: string): boolean {
  return !OF_HOST.has(name);
}

function inTitleCase(name: string): string {
  return name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

/**
 * Passes on the handshake with the engine's own path, and once the engine has taken it bytes, as fast as the slower side
 * takes them. An engine that does not is not heard: to a proxy before this server, the connection would be one for
 * other clients' requests then, which must not come to an engine.
 */
export function passStream(
  { passage, port, path }: Target,
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer,
): void {
  const client = connection as Socket;
  const engine = connect({ host: ENGINE_HOST, port });
  const open = () =>
    hearSwitching(engine, isOfAnswer, FILE_PATIENCE, (isSwitching) => {
      if (isSwitching) return void engine.pipe(client);
      refuseUpgrade(client, 502);
      engine.destroy();
    });
  const sides = joinSockets(client, engine, () => passage.connections.delete(sides), open);
  passage.connections.add(sides);
  engine.write(Buffer.concat([Buffer.from(`${handshake(request, path, port)}\r\n\r\n`, 'latin1'), head]));
}

function handshake({ method, rawHeaders }: IncomingMessage, path: string, port: number): string {
  const fields = rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1 || OWN.has(name.toLowerCase())) return [];
    return [
      `${inTitleCase(name)}: ${name.toLowerCase() === 'host' ? `${ENGINE_HOST}:${port}` : rawHeaders[index + 1]}`,
    ];
  });
  return [`${method} ${path} HTTP/1.1`, ...fields].join('\r\n');
}
