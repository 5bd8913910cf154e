import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { clockCheck } from '../../../src/doctor/clock-check.ts';

const SECOND = 1_000;

/** What is found beside a server whose clock is so many seconds ahead. */
async function look(ahead: number | undefined) {
  const server = createServer((_, response) => {
    response.sendDate = false;
    if (ahead !== undefined) response.setHeader('Date', new Date(Date.now() + ahead * SECOND).toUTCString());
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [finding] = await clockCheck(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).look();
  server.close();
  return finding;
}

it.each([[0], [30], [-30]])('finds a clock well that is %i s behind another one', async (ahead) => {
  expect(await look(ahead)).toMatchObject({ level: 'fine', what: 'clock' });
});

it.each([
  [3_600, 'behind'],
  [-3_600, 'ahead of'],
])('warns of a clock that differs by an hour: %i', async (ahead, word) => {
  expect(await look(ahead)).toMatchObject({ level: 'warning', found: expect.stringMatching(`^3\\d\\d\\d s ${word}`) });
});

it('says where a server tells no time', async () => {
  expect(await look(undefined)).toMatchObject({ level: 'fine', found: expect.stringContaining('not compared') });
});
