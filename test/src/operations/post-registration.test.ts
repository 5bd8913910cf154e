import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { postRegistration } from '../../../src/operations/post-registration.ts';

const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

it.each([200, 404])('takes an answer with status %i for one, since webots.cloud refuses in words', async (status) => {
  const service = await startService(status, 'Missing url parameter.');

  expect(await post(service)).toBe('Missing url parameter.');
});

it.each([500, 503])('fails where the service does, with %i', async (status) => {
  const service = await startService(status, '<h1>Try again later</h1>');

  await expect(post(service)).rejects.toThrow(`Expected a status below 500, got ${status}`);
});

it('fails with the reason where the service cannot be reached', async () => {
  const service = await startService(200, '');
  for (const close of closers.splice(0)) close();

  await expect(post(service)).rejects.toThrow('ECONNREFUSED');
});

function post(service: string): Promise<string> {
  return toPromise(createActor(postRegistration, { input: { service, form: { url: 'https://h/2000' } } }).start());
}

async function startService(status: number, text: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status, { Connection: 'close' }).end(text));
  server.listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/setup.php`;
}
