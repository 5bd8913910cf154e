import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../../../src/reaper/remove-folder.ts';

const isRoot = process.getuid?.() === 0;

/** Who takes the place of root: Debian's `nobody`, else whoever runs the test. */
const ORDINARY_USER = isRoot ? 65_534 : process.getuid!();

let place: string;
let folder: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'remove-folder-'));
  folder = join(place, 'session');
  await mkdir(folder);
});
afterEach(() => rm(place, { recursive: true, force: true }));

describe('removeFolder', () => {
  it.each([10, 100])('removes %i files, folders and links, but not what links lead to', async (count) => {
    await writeFile(join(place, 'kept'), '');
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await Promise.all(Array.from({ length: count }, (_, index) => writeFile(join(folder, 'a/b', `${index}`), 'x')));
    await symlink('../kept', join(folder, 'link'));
    await symlink(place, join(folder, 'a/folder-link'));

    await removeFolder(folder);

    expect(await readdir(place)).toEqual(['kept']);
  });

  it('bears with somebody else who removes the same', async () => {
    await mkdir(join(folder, 'a/b'), { recursive: true });
    await Promise.all(Array.from({ length: 500 }, (_, index) => writeFile(join(folder, 'a/b', `${index}`), 'x')));

    await Promise.all([removeFolder(folder), removeFolder(folder)]);

    expect(await readdir(place)).toEqual([]);
  });

  it('does nothing where there is no such folder', async () => {
    await rm(folder, { recursive: true });

    await removeFolder(folder);

    expect(await readdir(place)).toEqual([]);
  });

  it('removes what lies deeper than a path can be long', async () => {
    const dig = `for (let depth = 0; depth < 600; depth++) { fs.mkdirSync('long-name'); process.chdir('long-name'); }`;
    execFileSync(process.execPath, ['-e', dig], { cwd: folder });

    await removeFolder(folder);

    expect(await readdir(place)).toEqual([]);
  });

  it('removes what nobody may look into or write to', async () => {
    for (const [name, mode] of [
      ['closed', 0o000],
      ['locked', 0o500],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'file'), '');
      await chmod(join(folder, name), mode);
      await chown(join(folder, name), ORDINARY_USER, -1);
    }
    await chown(folder, ORDINARY_USER, -1);
    await chown(place, ORDINARY_USER, -1);

    await asOrdinaryUser(() => removeFolder(folder));

    expect(await readdir(place)).toEqual([]);
  });
});

/** Root may look into everything: what is done here is done without that power. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (!isRoot) return work();
  process.seteuid!(ORDINARY_USER);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}
