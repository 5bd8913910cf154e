import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';

/** Starts `git http-backend` for one request, over the repositories below `root`; it prints a CGI answer. */
export function startGitBackend(
  root: string,
  request: IncomingMessage,
  body: Buffer,
): ChildProcessByStdio<Writable, Readable, null> {
  const { pathname, search } = new URL(request.url!, 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
      REQUEST_METHOD: request.method!,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: String(body.length),
    },
  });
  child.stdin.on('error', () => child.kill());
  child.stdin.end(body);
  return child;
}

/** The body of a request of git, decompressed. */
export async function readGitRequest(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
