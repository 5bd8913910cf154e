import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../src/log.ts';
import { createWebServer, type WebServerOptions } from '../../../src/operations/web-server.ts';
import { writeCertificate } from '../../fixtures/certificate.ts';
import { rawClient } from '../../fixtures/raw-client.ts';

let folder: string;
const closers: (() => void)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-server-'));
});

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await rm(folder, { recursive: true });
});

/** More than the system holds for a client that does not read. */
const LONG_ANSWER = Buffer.alloc(20_000_000, 'x');

async function serve(tls?: { cert: string; key: string }, options: Partial<WebServerOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ output: { isTerminal: false, write: (line) => void lines.push(JSON.parse(line)) } });
  const server = createWebServer(
    ({ url }, response) => response.end(url === '/long' ? LONG_ANSWER : url === '/' ? 'hello' : url),
    {
      tls,
      log,
      lookInterval: 20,
      ...options,
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const connections = () => promisify(server.getConnections.bind(server))();
  return {
    connections,
    port: (server.address() as AddressInfo).port,
    lines,
    logged: () => lines.map(({ message }) => message),
  };
}

/** The certificate that a new connection gets, as its fingerprint. */
async function fingerprint(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe('createWebServer', () => {
  it('speaks HTTP where there is no certificate', async () => {
    const { port } = await serve();

    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('hello');
  });

  it('cuts off clients that do not take their answers', async () => {
    const { port, connections } = await serve(undefined, { takingTimeout: 200 });
    const request = 'GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const strangers = await Promise.all(Array.from({ length: 3 }, () => rawClient(port, false)));
    for (const [index, { socket }] of strangers.entries()) socket.write(request.repeat(index + 1));
    await Promise.all(strangers.map(({ socket }) => once(socket, 'readable')));

    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 30_000 });
    for (const { socket } of strangers) socket.destroy();
  });

  it('gives a long answer whole to a client that takes it', async () => {
    const { port } = await serve();

    expect((await (await fetch(`http://127.0.0.1:${port}/long`)).arrayBuffer()).byteLength).toBe(LONG_ANSWER.length);
  });

  it.each([
    ['/a?b', '200 OK', '/a?b'],
    ['http://any.example/a?b', '200 OK', '/a?b'],
    ['http://any.example', '200 OK', 'hello'],
    ['http://[/a', '400 Bad Request', ''],
    ['http://x:99999/a', '400 Bad Request', ''],
    ['*', '200 OK', '*'],
  ])('takes the target %j of a request for what it is: %s', async (target, status, body) => {
    const { port } = await serve();
    const client = await rawClient(port);
    client.socket.write(`OPTIONS ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await client.ended;
    client.socket.destroy();

    const [head = '', rest] = client.received().split('\r\n\r\n');
    expect([head.split('\r\n')[0], rest]).toEqual([`HTTP/1.1 ${status}`, body]);
  });

  it('takes a renewed certificate for new connections, as soon as its key is there too', async () => {
    const files = await writeCertificate(folder);
    const { port, logged, lines } = await serve(files);
    const before = await fingerprint(port);
    const other = await mkdtemp(join(folder, 'other-'));
    const renewed = await writeCertificate(other);
    await writeFile(files.cert, renewed.pem);
    await vi.waitFor(() => expect(logged()).toContain('certificate not renewed'), { timeout: 10_000 });
    expect(lines[0]).toMatchObject({
      problem: expect.stringContaining('Expected `tls` to name a certificate and its'),
    });
    expect(JSON.stringify(lines)).not.toContain('"stack"');
    expect(await fingerprint(port)).toBe(before);

    await writeCertificate(folder);
    await vi.waitFor(() => expect(logged()).toContain('certificate renewed'), { timeout: 10_000 });
    expect(await fingerprint(port)).not.toBe(before);
  });

  it.each([
    ['that is not there', async () => ({ cert: join(folder, 'none.pem'), key: join(folder, 'none.pem') }), 'ENOENT'],
    [
      'whose key is another one’s',
      async () => {
        const { cert } = await writeCertificate(folder);
        const { key } = await writeCertificate(await mkdtemp(join(folder, 'other-')));
        return { cert, key };
      },
      'key values mismatch',
    ],
  ])('refuses a certificate %s', async (_, files, problem) => {
    await expect(serve(await files())).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: expect.stringContaining(problem),
    });
  });
});
