import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CheckoutHarness } from '../../fixtures/checkout-harness.ts';

describe('the checkout of a local folder', () => {
  const harness = new CheckoutHarness('auto');
  const mirrors = { 'https://github.com/local': 'trees' };

  beforeAll(async () => {
    const tree = path.join(harness.root, 'trees', 'project');
    await write(tree, 'worlds/root.wbt', 'root');
    await write(tree, 'deep/er/worlds/deep.wbt', 'deep');
    await write(tree, 'deep/er/controllers/c/c.py', 'original');
    await write(tree, 'deep/er/controllers/c/run', '#!/bin/sh');
    await write(tree, 'deep/er/.git/config', 'secret');
    await write(tree, 'worlds/large.wbt', Buffer.alloc(2 ** 20 + 1));
    await chmod(path.join(tree, 'deep/er/controllers/c/run'), 0o555);
    await symlink('worlds', path.join(tree, 'deep/er/inside'));
    await write(harness.root, 'elsewhere/worlds/w.wbt', 'elsewhere');
    await symlink(path.join(harness.root, 'elsewhere'), path.join(tree, 'linked'));
    await symlink('../../worlds', path.join(tree, 'deep/er/outside'));
    execFileSync('mkfifo', [path.join(tree, 'deep/er/pipe')]);
  });

  it.each([
    ['local/project/blob/main/worlds/root.wbt', '', 'main'],
    ['local/project/raw/any/worlds/root.wbt', '', 'any'],
    ['Local/project/blob/main/deep/er/worlds/deep.wbt', 'deep/er', 'main'],
    ['local/project/blob/feature/arm/deep/er/worlds/deep.wbt', 'deep/er', 'feature/arm'],
  ])('serves %s', async (url, projectPath, ref) => {
    const result = await harness.fetch(url, {}, { mirrors, maxProjectSize: 2 });

    const projectFolder = path.join(harness.folder, 'project', projectPath);
    expect(result).toMatchObject({ projectFolder, ref, commit: undefined });
    expect(path.dirname(result.worldPath)).toBe(path.join(projectFolder, 'worlds'));
  });

  it('copies programs, links within the project, and nothing of git, of devices or of the rest of the folder', async () => {
    const { projectFolder } = await harness.fetch('local/project/blob/main/deep/er/worlds/deep.wbt', {}, { mirrors });

    expect(await readdir(path.join(harness.folder, 'project'))).toEqual(['deep']);
    expect((await readdir(projectFolder)).sort()).toEqual(['controllers', 'inside', 'worlds']);
    expect(await readlink(path.join(projectFolder, 'inside'))).toBe('worlds');
    expect((await lstat(path.join(projectFolder, 'controllers/c/run'))).mode & 0o777).toBe(0o755);
  });

  it('reads files as they are in the folder', async () => {
    const { projectFolder, readPristine } = await harness.fetch(
      'local/project/blob/main/deep/er/worlds/deep.wbt',
      {},
      { mirrors },
    );
    await writeFile(path.join(projectFolder, 'controllers/c/c.py'), 'changed');

    expect((await readPristine('controllers/c/c.py')).toString()).toBe('original');
    for (const file of ['../../worlds/root.wbt', 'outside/root.wbt', 'inside/deep.wbt', '.git/config', 'pipe', 'x']) {
      await expect(readPristine(file)).rejects.toMatchObject({ code: 'clientMisbehaved' });
    }
  });

  it('leaves the folder as it is when the copy is changed', async () => {
    const { worldPath } = await harness.fetch('local/project/blob/main/deep/er/worlds/deep.wbt', {}, { mirrors });

    await writeFile(worldPath, 'changed');

    const original = path.join(harness.root, 'trees/project/deep/er/worlds/deep.wbt');
    expect(await readFile(original, 'utf8')).toBe('deep');
  });

  it.each([
    [
      'local/nothing/blob/main/worlds/w.wbt',
      'projectNotFound',
      'github.com/local/nothing does not exist or is not public.',
    ],
    ['local/project/blob/main/worlds/w.wbt', 'worldMissing', 'w.wbt does not exist.'],
    ['local/project/blob/main/deep/worlds/w.wbt', 'worldMissing', 'w.wbt does not exist.'],
    ['local/project/blob/main/linked/worlds/w.wbt', 'worldMissing', 'w.wbt does not exist.'],
    [
      'local/project/blob/main/worlds/large.wbt',
      'projectTooLarge',
      'github.com/local/project is larger than the 1 MiB that are allowed.',
    ],
  ])('refuses %s', async (url, code, message) => {
    expect(await harness.failure(url, { mirrors, maxProjectSize: 1 })).toEqual({ code, message });
  });

  it('refuses a folder with a file that cannot be copied', async () => {
    const tree = path.join(harness.root, 'trees', 'latin');
    await write(tree, 'worlds/w.wbt', 'w');
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xe9])]), '');

    expect(await harness.failure('local/latin/blob/main/worlds/w.wbt', { mirrors })).toMatchObject({
      code: 'projectUnusable',
    });
  });

  it('takes the place of a longer prefix only', async () => {
    await harness.server.addRepository('owner/project', [{ branch: 'main', files: { 'worlds/w.wbt': 'git' } }]);
    const both = { ...mirrors, 'https://github.com': harness.server.url };

    const { worldPath } = await harness.fetch('owner/project/blob/main/worlds/w.wbt', {}, { mirrors: both });

    expect(await readFile(worldPath, 'utf8')).toBe('git');
  });
});

async function write(root: string, name: string, content: string | Buffer): Promise<void> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}
