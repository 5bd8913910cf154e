import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server, SOAK_MARK } from './server.ts';

/** Looks of which the least count is taken, and the wait between them in ms: servers look about every second. */
const LOOKS = 8;
const LOOK_INTERVAL = 250;

/** State of a listening socket in /proc/net/tcp. */
const LISTENING = '0A';

/** What one server holds. */
export interface Count {
  /** Itself, and everything that runs for it. */
  readonly processes: number;
  /** TCP ports that it and its engines listen on. */
  readonly ports: number;
  /** Checked out projects. */
  readonly folders: number;
  readonly sockets: number;
  readonly timers: number;
  readonly actors: number;
  /** Open files of every kind. */
  readonly files: number;
  /** Bytes. */
  readonly heap: number;
}

/** What a server holds now. @param portCount ports from the server's own one on that are its engines' */
export async function count(server: Server, portCount: number): Promise<Count> {
  const [{ actors, timers, heap, files, sockets }, processes, ports, folders] = await Promise.all([
    server.diagnose(),
    processesOf(server),
    listeningPorts(server.port, server.port + portCount),
    readdir(join(server.folder, 'projects', 'instances')).catch(() => []),
  ]);
  return {
    processes: processes.length,
    ports: ports.length,
    folders: folders.length,
    sockets,
    timers,
    actors,
    files,
    heap,
  };
}

/** The least of several looks at each figure: what a server holds all the time, without what it does each second. */
export async function settledCount(server: Server, portCount: number): Promise<Count> {
  let least = await count(server, portCount);
  for (let look = 1; look < LOOKS; look++) {
    await delay(LOOK_INTERVAL);
    const now = await count(server, portCount);
    least = Object.fromEntries(
      Object.entries(least).map(([key, value]) => [key, Math.min(value, now[key as keyof Count])]),
    ) as unknown as Count;
  }
  return least;
}

/** The server, its children, and every process that was started for one of its sessions, whoever its parent is now. */
async function processesOf({ folder }: Server): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [environment, command] = await Promise.all(
        ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
      );
      // Engines have a path in the server's folder on their command line, git has its home there.
      const isOurs = command!.includes(`${folder}/`) || environment!.includes(`=${folder}/`);
      return isOurs ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Processes of the soak in `folder` that still run, when all servers have ended. */
export async function leftProcesses(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(`${SOAK_MARK}=${folder}`) || environment.includes(`=${folder}/`)
        ? [pid]
        : [];
    }),
  );
  return found.flat();
}

async function listeningPorts(first: number, last: number): Promise<number[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  );
  const ports = tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTENING)
    .map(([, address]) => Number.parseInt(address!.slice(address!.lastIndexOf(':') + 1), 16));
  return [...new Set(ports)].filter((port) => port >= first && port <= last);
}
