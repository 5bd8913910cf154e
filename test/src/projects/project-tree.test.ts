import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectProject } from '../../../src/projects/project-tree.ts';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';

const { signal } = new AbortController();
const world = parseWorldUrl('https://github.com/o/r/blob/main/worlds/w.wbt');
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'tree-'));
  await mkdir(path.join(root, 'worlds'));
  await writeFile(path.join(root, 'worlds', 'w.wbt'), 'world');
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('inspectProject', () => {
  it('removes links and devices whose names are not UTF-8', async () => {
    const stray = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xe9])]);
    await symlink('/etc', stray);
    await mkdir(Buffer.concat([stray, Buffer.from('folder')]));
    await symlink('/etc', Buffer.concat([stray, Buffer.from('folder/link')]));
    execFileSync('mkfifo', [path.join(root, 'pipe')]);

    await inspect();

    expect((await readdir(root, { encoding: 'buffer' })).map((name) => name.toString('latin1')).sort()).toEqual([
      'worlds',
      'éfolder',
    ]);
    expect(await readdir(Buffer.concat([stray, Buffer.from('folder')]))).toEqual([]);
  });

  it('leaves what a removed link led to as it is', async () => {
    const outside = await mkdtemp(path.join(os.tmpdir(), 'outside-'));
    await writeFile(path.join(outside, 'kept'), '');
    await symlink(outside, path.join(root, 'link'));

    await inspect();

    expect(await readdir(root)).toEqual(['worlds']);
    expect(await readdir(outside)).toEqual(['kept']);
    await rm(outside, { recursive: true });
  });

  it('refuses a folder of the project that leads elsewhere', async () => {
    await symlink('.', path.join(root, 'sub'));
    const reading = { ref: 'main', folder: 'sub', world: 'w.wbt' };

    await expect(inspect({ reading })).rejects.toMatchObject({ code: 'projectUnusable' });
  });
});

function inspect(changes: Partial<Parameters<typeof inspectProject>[0]> = {}) {
  const log = () => {};
  return inspectProject({ world, reading: world.readings[0], workTree: root, sizeLimit: 1e6, signal, log, ...changes });
}
