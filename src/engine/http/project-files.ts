import { createHash } from 'node:crypto';
import type { ReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { openProjectFile, type ProjectFile } from '../project-file.ts';
import { contentType } from './content-type.ts';
import { projectPath } from './project-path.ts';

/** Headers of every answer: clients draw the pictures on a canvas, which needs leave from here. */
const COMMON_HEADERS = { 'Access-Control-Allow-Origin': '*' };

/** For how long clients may keep a file, as Webots says it. */
const CACHE_HEADERS = { 'Cache-Control': 'public, max-age=3600' };

/** Etags that are remembered, so that unchanged files are not read twice (our choice). */
const MOST_ETAGS = 1_000;

/** The page for people who open the engine's address in a browser. */
const PAGE =
  '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Embedded engine of webots-hub</title>' +
  '<p>This is the embedded engine of webots-hub, not Webots. It streams one simulation to web clients.</p></html>';

const NOT_FOUND = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>404</title><p>Not found.</p></html>';

/** Serves the files of one project, and nothing outside of it. */
export class ProjectFiles {
  readonly #root: string;
  readonly #etags = new Map<string, string>();

  /** @param root absolute path of the project's folder */
  constructor(root: string) {
    this.#root = root;
  }

  /** Answers a request in full; rejects only where the connection broke on the way. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      const methods = { 'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS', 'Access-Control-Allow-Headers': '*' };
      response.writeHead(204, { ...COMMON_HEADERS, ...methods }).end();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...COMMON_HEADERS, Allow: 'GET, HEAD, OPTIONS' }).end();
      return;
    }
    const file = await this.#find(request.url ?? '');
    if (file !== undefined) {
      try {
        await this.#sendFile(request, response, file);
      } finally {
        await file.handle.close();
      }
    } else if (/^\/(?:index\.html)?(?:\?.*)?$/.test(request.url ?? '')) sendPage(request, response, 200, PAGE);
    else sendPage(request, response, 404, NOT_FOUND);
  }

  async #find(target: string): Promise<ProjectFile | undefined> {
    const names = projectPath(target);
    if (names === undefined) return undefined;
    // Robots' windows are asked for without the folder that all plugins are in.
    return (
      (await openProjectFile(this.#root, names)) ??
      (names[0] === 'robot_windows' ? openProjectFile(this.#root, ['plugins', ...names]) : undefined)
    );
  }

  async #sendFile(request: IncomingMessage, response: ServerResponse, file: ProjectFile): Promise<void> {
    const etag = await this.#etagOf(file);
    const headers = { ...COMMON_HEADERS, ...CACHE_HEADERS, etag };
    if (etagsOf(request).includes(etag)) {
      response.writeHead(304, 'Not modified', headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': contentType(file.path), 'Content-Length': file.size });
    if (request.method === 'HEAD' || file.size === 0) response.end();
    else await pipeline(contentOf(file), response);
  }

  async #etagOf(file: ProjectFile): Promise<string> {
    const known = this.#etags.get(file.version);
    if (known !== undefined) return known;
    const hash = createHash('md5');
    if (file.size > 0) await pipeline(contentOf(file), hash);
    const etag = hash.digest('hex');
    const [oldest] = this.#etags.keys();
    if (this.#etags.size >= MOST_ETAGS && oldest !== undefined) this.#etags.delete(oldest);
    this.#etags.set(file.version, etag);
    return etag;
  }
}

function contentOf({ handle, size }: ProjectFile): ReadStream {
  return handle.createReadStream({ autoClose: false, start: 0, end: size - 1 });
}

/** The etags of which the client has the content; Webots writes them without quotes. */
function etagsOf({ headers }: IncomingMessage): string[] {
  return (headers['if-none-match'] ?? '').split(',').map((etag) => etag.trim().replace(/^(?:W\/)?"(.*)"$/, '$1'));
}

function sendPage(request: IncomingMessage, response: ServerResponse, status: number, page: string): void {
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(page) };
  response.writeHead(status, { ...COMMON_HEADERS, ...headers });
  response.end(request.method === 'HEAD' ? undefined : page);
}
