import { readdir, readFile, readlink } from 'node:fs/promises';
import type { End } from '../../machines/end-reason.ts';
import type { WebotsLaunch } from '../../machines/webots-process.ts';
import { hasProcessTable, sessionProcesses } from './process-table.ts';

/** State of a listening socket in `/proc/net/tcp`, see proc(5). */
const LISTENING = '0A';

/**
 * Checks that the engine, and nobody else, listens on the port that it was
 * given: Webots takes the next one silently where a port is busy
 * (`docs/protocol.md`).
 *
 * @returns undefined if it does, or if this system does not tell
 */
export async function checkPort(launch: WebotsLaunch, group: number | undefined): Promise<End | undefined> {
  if (!hasProcessTable) return undefined;
  const owned = await socketsOf(await sessionProcesses(launch.sessionId, group));
  const ports = [...(await listeningSockets())].filter(([inode]) => owned.has(inode)).map(([, port]) => port);
  if (ports.includes(launch.port)) return undefined;
  const found = ports.length === 0 ? 'none' : `port ${ports.join(', ')}`;
  return {
    reason: 'engineMisplaced',
    text: `Expected the simulation to listen on port ${launch.port}, found ${found}. Please try again.`,
  };
}

/** Port of each listening TCP socket of this network namespace, by the socket's inode. */
async function listeningSockets(): Promise<Map<string, number>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  );
  const sockets = new Map<string, number>();
  for (const line of tables.flatMap((table) => table.split('\n').slice(1))) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === LISTENING && inode) sockets.set(inode, Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
  }
  return sockets;
}

/** Inodes of the sockets that the processes hold; a process that is gone holds none. */
async function socketsOf(pids: readonly number[]): Promise<Set<string>> {
  const inodes = new Set<string>();
  await Promise.all(
    pids.map(async (pid) => {
      const folder = `/proc/${pid}/fd`;
      const descriptors = await readdir(folder).catch(() => []);
      const targets = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
      for (const target of targets) {
        const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
        if (inode) inodes.add(inode);
      }
    }),
  );
  return inodes;
}
