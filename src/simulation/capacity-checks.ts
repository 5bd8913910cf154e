import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { End } from '../../machines/end-reason.ts';
import { endOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ProgramEnd } from '../reaper/program.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { type Capacity, watchCapacity } from './capacity.ts';
import type { PortPool } from './port-pool.ts';

/** Least free space in bytes with which a project is checked out: 100 MiB, our choice. */
const LEAST_ROOM = 100 * 2 ** 20;

const NO_ROOM: End = { reason: 'diskFull', text: 'The simulation server has no room on its disk.' };

/** What a session meets whose folder cannot be made. */
export const UNWRITABLE: End = {
  reason: 'folderUnwritable',
  text: 'The simulation server cannot write to its folder for projects.',
};

export interface MachineTools {
  /** Folder in which each session gets one of its own. */
  readonly instances: string;
  readonly ports: PortPool;
  readonly reaper: Pick<Reaper, 'spawn' | 'forget'>;
  readonly log: Logger;
  /** Wait in ms between two looks; by default that of `watchCapacity`. */
  readonly interval?: number | undefined;
}

/** Watches whether this machine has what sessions need, and tells the log when that changes. */
export function watchMachine({ instances, ports, reaper, log, interval }: MachineTools): Promise<Capacity> {
  return watchCapacity({
    checks: [() => checkWritable(instances), () => checkRoom(instances), () => checkPorts(ports)],
    thoroughCheck: () => checkSpawning(reaper),
    onChange(shortage) {
      if (shortage) log.warn(shortage, 'no session can be served');
      else log.info('sessions can be served again');
    },
    interval,
  });
}

/** A file system that does not tell its free space counts as having room. */
export async function checkRoom(folder: string): Promise<End | undefined> {
  const free = await statfs(folder).catch(() => undefined);
  return free && free.bavail * free.bsize < LEAST_ROOM ? NO_ROOM : undefined;
}

export function checkWritable(folder: string): Promise<End | undefined> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => UNWRITABLE,
  );
}

async function checkPorts(ports: PortPool): Promise<End | undefined> {
  return (await ports.isBlocked()) ? { reason: 'noFreePort', text: ports.refusal } : undefined;
}

/** Whose programs those are that are started for the sake of it. */
const PROBE = 'capacity';

/** Whether a program can be started; starts one, which takes some 40 ms of one processor. */
async function checkSpawning(reaper: Pick<Reaper, 'spawn' | 'forget'>): Promise<End | undefined> {
  const command = { program: process.execPath, arguments: ['--version'], environment: {}, folder: tmpdir() };
  const end = await new Promise<ProgramEnd>((resolve) => {
    reaper.spawn(PROBE, command, { onOutput() {}, onEnded: resolve });
  });
  await reaper.forget(PROBE);
  return end.kind === 'failed' ? endOf(end) : undefined;
}
