import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server, SOAK_MARK } from './server.ts';

/** Looks of which the middle count is taken, and the wait between them in ms: servers do some things each second. */
const LOOKS = 9;
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

/** What a server holds now. */
export async function count(server: Server): Promise<Count> {
  const [{ actors, timers, heap, files, sockets }, processes, folders] = await Promise.all([
    server.diagnose(),
    processesOf(server),
    readdir(join(server.folder, 'projects', 'instances')).catch(() => []),
  ]);
  return {
    processes: processes.length,
    ports: await listeningPorts(processes),
    folders: folders.length,
    sockets,
    timers,
    actors,
    files,
    heap,
  };
}

/** The middle of several looks at each figure: what a server holds, without what it takes and gives back each second. */
export async function settledCount(server: Server): Promise<Count> {
  const looks = [await count(server)];
  while (looks.length < LOOKS) {
    await delay(LOOK_INTERVAL);
    looks.push(await count(server));
  }
  const middleOf = (key: keyof Count) => looks.map((look) => look[key]).sort((a, b) => a - b)[(LOOKS - 1) / 2]!;
  return {
    processes: middleOf('processes'),
    ports: middleOf('ports'),
    folders: middleOf('folders'),
    sockets: middleOf('sockets'),
    timers: middleOf('timers'),
    actors: middleOf('actors'),
    files: middleOf('files'),
    heap: middleOf('heap'),
  };
}

/** The server, and every process that was started for it or one of its sessions, whoever its parent is now. */
async function processesOf({ folder }: Server): Promise<number[]> {
  return processesThat((variable) => variable === `${SOAK_MARK}=${folder}` || variable.includes(`=${folder}/`));
}

/** Processes of the servers in `folder`. */
export async function processesOfAll(folder: string): Promise<number[]> {
  return processesThat((variable) => variable.includes(`=${folder}/`));
}

/** Engines inherit the mark, git has its home in the server's folder. */
async function processesThat(hasVariable: (variable: string) => boolean): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Processes end meanwhile, and those of others cannot be looked into: neither is one of ours.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').some(hasVariable) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Number of TCP ports that the processes listen on. */
async function listeningPorts(pids: readonly number[]): Promise<number> {
  const sockets = new Set((await Promise.all(pids.map(socketsOf))).flat());
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTENING && sockets.has(`socket:[${inode}]`)).length;
}

async function socketsOf(pid: number): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
}
