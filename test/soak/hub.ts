import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { createPortPool } from '../../src/simulation/port-pool.ts';
import { createServer, type Server } from './server.ts';
import type { Place } from './visit.ts';
import { ALLOWED, HEALTHY_WORLD } from './worlds.ts';

const FAKE_WEBOTS = fileURLToPath(new URL('../fixtures/fake-webots.mjs', import.meta.url));

/** Ports of one simulation server's engines, which follow its own. */
const ENGINE_PORTS = 60;

/** Where ports are looked for: below those that the system gives to clients. */
const FIRST_PORT = 12_000;
const LAST_PORT = 32_000;

/** Runs the stand-in with the faults that the world's name lists. */
const WEBOTS = `#!/bin/sh
for world; do :; done
FAKE_WEBOTS=$(basename "$world" .wbt)
export FAKE_WEBOTS
exec '${process.execPath}' '${FAKE_WEBOTS}' "$@"
`;

/** Of simulation servers: short enough for a minute, and long enough for a busy machine. Seconds. */
const WAITS = { startTimeout: 20, checkoutTimeout: 20, killGrace: 0.5, pingInterval: 2 };

/** The servers of a soak, in the order in which they are started. */
export interface Hub {
  /** A simulation server that nothing happens to. */
  readonly steady: Server;
  /** A simulation server that is ended and started again. */
  readonly shaky: Server;
  readonly session: Server;
  readonly servers: readonly Server[];
}

export async function createHub(folder: string, gitServer: string): Promise<Hub> {
  const webotsHome = join(folder, 'webots-home');
  await mkdir(webotsHome);
  await writeFile(join(webotsHome, 'webots'), WEBOTS);
  await chmod(join(webotsHome, 'webots'), 0o755);
  const config = {
    webotsHome,
    display: 'none',
    engine: 'webots',
    allowedRepositories: [ALLOWED],
    mirrors: { 'https://github.com': gitServer },
    maxConnections: ENGINE_PORTS,
    ...WAITS,
  };
  const simulation = async (name: string) =>
    createServer({ name, role: 'simulation', folder, port: await freePort(ENGINE_PORTS + 1), config });
  const steady = await simulation('steady');
  const shaky = await simulation('shaky');
  const session = await createServer({
    name: 'session',
    role: 'session',
    folder,
    port: await freePort(1),
    config: { simulationServers: [steady, shaky].map(({ port }) => `localhost:${port}`), loadThreshold: 100 },
  });
  return { steady, shaky, session, servers: [steady, shaky, session] };
}

let nextPort = FIRST_PORT + ((process.pid * 13) % 300) * (ENGINE_PORTS + 1);

async function freePort(portCount: number): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort = port + 2 * portCount > LAST_PORT ? FIRST_PORT : port + portCount;
    const isFree = await createPortPool(port, 1)
      .take()
      .then(
        () => true,
        () => false,
      );
    if (isFree) return port;
  }
}

/** Where clients go: to the session server, which sends them on. */
export function createPlace({ steady, shaky, session }: Hub): Place {
  const url = `http://localhost:${session.port}`;
  let turn = 0;
  return {
    session: url,
    async choose() {
      const response = await fetch(`${url}/session?url=${encodeURIComponent(HEALTHY_WORLD.url)}`);
      const answer = await response.text();
      // A machine that is busy with something else must not end the soak.
      if (!answer.startsWith('Error')) return answer;
      return streamUrl([steady, shaky][turn++ % 2]!);
    },
  };
}

export const streamUrl = ({ port }: Server) => `ws://localhost:${port}`;

/** A client of the session server that must never hear the same availability twice. */
export function watchAvailability(session: Server, fail: (text: string) => void): WebSocket {
  const socket = new WebSocket(`ws://localhost:${session.port}/`);
  let last: string | undefined;
  socket.on('error', (error) => fail(`The connection for availability failed: ${error.message}`));
  socket.on('message', (data) => {
    const text = String(data);
    if (text === last) fail(`The session server told the availability ${text} twice in a row`);
    last = text;
  });
  return socket;
}
