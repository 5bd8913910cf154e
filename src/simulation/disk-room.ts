import { statfs } from 'node:fs/promises';

/** Least free space in bytes with which a project is checked out: 100 MiB, our choice. */
const LEAST_ROOM = 100 * 2 ** 20;

/** Wait between two looks, in ms: our choice. */
const LOOK_INTERVAL = 5_000;

/** Watches whether the disk of a folder has room for another project. */
export interface DiskRoom {
  readonly hasRoom: boolean;
  stop(): void;
}

/** Resolves after the first look. A file system that does not tell its free space counts as having room. */
export async function watchDiskRoom(folder: string): Promise<DiskRoom> {
  let hasRoom = true;
  const look = async () => {
    const free = await statfs(folder).catch(() => undefined);
    hasRoom = free === undefined || free.bavail * free.bsize >= LEAST_ROOM;
  };
  await look();
  const timer = setInterval(() => void look(), LOOK_INTERVAL);
  return {
    get hasRoom() {
      return hasRoom;
    },
    stop: () => clearInterval(timer),
  };
}
