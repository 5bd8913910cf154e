import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundedHttp } from '../../../src/projects/builtin-http.ts';

let server: Server;
let base: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('boundedHttp', () => {
  it('sends later requests where the first one was redirected to', async () => {
    const seen: string[] = [];
    answer = (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.url!.startsWith('/old/'))
        response.writeHead(301, { location: request.url!.replace('/old/', '/new/') });
      response.end('x');
    };
    const { request } = client();

    await request({ url: `${base}/old/info/refs?service=git-upload-pack` });
    await request({ url: `${base}/old/git-upload-pack`, method: 'POST', body: pieces('body') });

    expect(seen).toEqual([
      'GET /old/info/refs?service=git-upload-pack',
      'GET /new/info/refs?service=git-upload-pack',
      'POST /new/git-upload-pack',
    ]);
  });

  it('does not follow the redirection of a later request', async () => {
    answer = (_request, response) => response.writeHead(307, { location: `${base}/x` }).end();

    await expect(client().request({ url: `${base}/y`, method: 'POST', body: pieces('') })).rejects.toThrow();
  });

  it('sends the body and passes the answer on', async () => {
    answer = async (request, response) => {
      response.writeHead(201, { 'x-kind': 'test' }).end(`got ${await buffer(request)}`);
    };
    const sizes: number[] = [];

    const response = await client({ onReceived: (bytes) => sizes.push(bytes) }).request({
      url: base,
      method: 'POST',
      body: pieces('one ', 'two'),
    });

    expect(response).toMatchObject({ statusCode: 201, headers: { 'x-kind': 'test' } });
    expect((await buffer(response.body!)).toString()).toBe('got one two');
    expect(sizes.at(-1)).toBe('got one two'.length);
  });

  it('fails beyond the limit of all answers together', async () => {
    answer = (_request, response) => response.end('12345');
    const { request } = client({ limit: 9 });
    const read = async () => buffer((await request({ url: base })).body!);

    expect((await read()).toString()).toBe('12345');
    await expect(read()).rejects.toThrow('too large');
  });
});

function client(options: Partial<Parameters<typeof boundedHttp>[0]> = {}) {
  return boundedHttp({ limit: 1000, onReceived: () => {}, tooLarge: () => new Error('too large'), ...options });
}

async function* pieces(...texts: string[]): AsyncIterableIterator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
