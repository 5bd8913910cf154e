import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createStreamRelay } from '../../../src/simulation/stream-relay.ts';

/** Longest wait for the beginning of an answer, in ms. */
const PATIENCE = 500;

describe('a relay of files', () => {
  it('leaves an answer time once it has begun', async () => {
    await using relay = await startRelay((_, response) => {
      response.write('first ');
      void wait(1.5 * PATIENCE).then(() => response.end('second'));
    });

    const answer = await relay.ask();
    let text = '';
    for await (const part of answer) text += part;

    expect([answer.statusCode, text]).toEqual([200, 'first second']);
  });

  it('answers 502 where the server before does not begin to answer', async () => {
    await using relay = await startRelay(() => {});

    const { statusCode } = await relay.ask();

    expect(statusCode).toBe(502);
  });
});

/** A server that answers at a socket, and one that passes requests on to it. */
async function startRelay(answer: RequestListener) {
  const folder = await mkdtemp(join(tmpdir(), 'stream-relay-'));
  const path = join(folder, 'before.sock');
  const before = createServer(answer).listen(path);
  const relay = createStreamRelay(() => path, PATIENCE);
  const server = createServer((request, response) => void relay.answer(request, response)).listen(0, '127.0.0.1');
  await Promise.all([once(before, 'listening'), once(server, 'listening')]);
  const { port } = server.address() as AddressInfo;
  return {
    async ask(): Promise<IncomingMessage> {
      const [response] = await once(get({ host: '127.0.0.1', port, agent: false }), 'response');
      return response;
    },
    async [Symbol.asyncDispose]() {
      for (const each of [server, before]) {
        each.close();
        each.closeAllConnections();
      }
      await rm(folder, { recursive: true });
    },
  };
}
