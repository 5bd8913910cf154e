import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { isOurs } from '../../../src/doctor/own-server.ts';
import { createLogger } from '../../../src/log.ts';
import { createWebServer } from '../../../src/operations/web-server.ts';
import { writeCertificate } from '../../fixtures/certificate.ts';

const ended: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function listen(address: string, answer: string, certificateHost?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'own-server-'));
  const tls = certificateHost === undefined ? undefined : await writeCertificate(folder, 30, certificateHost);
  const server = createWebServer((_, response) => response.end(answer), {
    tls,
    log: createLogger({ level: 'silent' }),
  });
  server.listen(0, address);
  await once(server, 'listening');
  ended.push(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  return { port: (server.address() as AddressInfo).port, bindAddress: address, ...(tls && { tls }) };
}

it('knows a server with a certificate for its public name, which is not that of this machine', async () => {
  expect(await isOurs(await listen('127.0.0.1', 'ok', 'hub.example.org'))).toBe(true);
});

it('knows a server that listens on one address alone', async () => {
  expect(await isOurs(await listen('127.0.0.2', 'ok'))).toBe(true);
});

it('knows a server on all addresses', async () => {
  expect(await isOurs(await listen('::', 'ok'))).toBe(true);
});

it('knows that another program is none', async () => {
  expect(await isOurs(await listen('127.0.0.1', '<html>'))).toBe(false);
});

it('reads little of a program that answers without end', async () => {
  const much = 50_000_000;
  let written = 0;
  const server = createServer((_, response) => {
    const write = () => {
      while (!response.destroyed && written < 2 * much) {
        written += 100_000;
        if (!response.write('x'.repeat(100_000))) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  expect(await isOurs({ port: (server.address() as AddressInfo).port, bindAddress: '127.0.0.1' })).toBe(false);
  // The rest is what the system holds of a connection.
  expect(written).toBeLessThan(much);
  server.close();
});
