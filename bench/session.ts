import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram } from './program.ts';
import { type Figure, quantile, timed } from './report.ts';

const REQUESTS = 500;

/** One of three simulation servers never answers: how long `/session` takes at worst. */
export async function hangingServer(): Promise<Figure[]> {
  const servers = await Promise.all([loadServer('10'), loadServer('20'), loadServer(undefined)]);
  const simulationServers = servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  await using session = await startProgram('session', { simulationServers });
  const times: number[] = [];
  // Longer than one poll of 5 s and its time-out of 5 s.
  for (let request = 0; request < REQUESTS; request++) {
    const { result, ms } = await timed(async () => (await fetch(`${session.url}/session?url=x`)).text());
    if (!result.startsWith('ws://127.0.0.1:')) throw new Error(`Expected a server, got ${result}`);
    times.push(ms);
    await delay(25);
  }
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  const worst = Math.max(...times.slice(1));
  return [
    {
      name: 'one of three simulation servers hangs: slowest /session',
      value: worst,
      limit: 25,
      unit: 'ms',
      detail: `${REQUESTS} requests over 12 s, 99th percentile ${quantile(times, 0.99).toFixed(1)} ms; the first one, which opens the connection, ${times[0]!.toFixed(1)} ms`,
    },
  ];
}

/** Answers `/load`, or never if `load` is undefined. */
async function loadServer(load: string | undefined): Promise<Server> {
  const server = createServer((_, response) => {
    if (load !== undefined) response.end(load);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
