import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProjectFiles } from './http/project-files.ts';

/** Time that a client has to send the head of a request, in ms (our choice). */
const HEADERS_TIMEOUT = 10_000;

/** Time that a client has to send a whole request, in ms (our choice; none has a body). */
const REQUEST_TIMEOUT = 30_000;

/** Connections at the same time, of viewers and others (our choice). */
const MOST_CONNECTIONS = 2_000;

/** What an external controller of Webots sends first: it is no HTTP, and no controller is taken. */
const CONTROLLER_GREETING = 'CTR';

/** Takes a client of the stream; rejects where it cannot. */
export type Admission = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;

/** The engine's server: the stream on `/`, and the files of the project. */
export function createEngineServer(admit: Admission, projectRoot: string): Server {
  let loadingFiles: Promise<ProjectFiles> | undefined;
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT, requestTimeout: REQUEST_TIMEOUT });
  server.maxConnections = MOST_CONNECTIONS;

  server.on('request', (request, response) => {
    loadingFiles ??= import('./http/project-files.ts').then((module) => new module.ProjectFiles(projectRoot));
    // It fails where the client left before it had everything.
    loadingFiles.then((files) => files.serve(request, response)).catch(() => response.destroy());
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Whoever sends and leaves at once is heard of here first; its end follows.
    socket.on('error', () => {});
    const [path] = (request.url ?? '').split('?', 1);
    if (path === '/') admit(request, socket, head).catch(() => socket.destroy());
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    if (!socket.writable) socket.destroy();
    else if (error.rawPacket?.toString('latin1').startsWith(CONTROLLER_GREETING)) socket.end('FAILED');
    else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  return server;
}
