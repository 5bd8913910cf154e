import { readdir, readFile, readlink } from 'node:fs/promises';
import { type SessionTraces, sessionProcesses } from './process-table.ts';

/** State of a listening socket in `/proc/net/tcp`, see proc(5). */
const LISTENING = '0A';

/** TCP ports on which processes of a session listen. Only where there is a Linux `/proc`. */
export async function listeningPorts(traces: SessionTraces): Promise<number[]> {
  const owned = await socketsOf(await sessionProcesses(traces));
  return [...(await listeningSockets())].filter(([inode]) => owned.has(inode)).map(([, port]) => port);
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
