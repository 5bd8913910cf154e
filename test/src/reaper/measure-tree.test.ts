import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureTree } from '../../../src/reaper/measure-tree.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'tree-'));
  await mkdir(path.join(root, 'worlds'));
  await writeFile(path.join(root, 'worlds', 'w.wbt'), 'world');
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('measureTree', () => {
  it('counts bytes and files, and tells links and devices apart', async () => {
    await symlink('worlds', path.join(root, 'link'));
    execFileSync('mkfifo', [path.join(root, 'pipe')]);

    expect(await measureTree(root, { bytes: 100, count: 100 })).toEqual({
      bytes: 5,
      count: 4,
      links: [Buffer.from(path.join(root, 'link'))],
      devices: [Buffer.from(path.join(root, 'pipe'))],
    });
  });

  it('takes a folder that is not there as empty', async () => {
    expect(await measureTree(path.join(root, 'none'), { bytes: 1, count: 1 })).toMatchObject({
      bytes: 0,
      count: 0,
    });
  });

  it('stops beyond a bound, with figures above it', async () => {
    for (let index = 0; index < 10; index += 1) {
      await mkdir(path.join(root, `${index}`));
      await writeFile(path.join(root, `${index}`, 'file'), '12345');
    }

    const byBytes = await measureTree(root, { bytes: 6, count: 100 });
    const byCount = await measureTree(root, { bytes: 100, count: 5 });

    expect(byBytes.bytes).toBe(10);
    expect(byCount.count).toBe(11);
  });

  it('stops when it is aborted', async () => {
    const reason = new Error('left');

    await expect(measureTree(root, { bytes: 9, count: 9, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
