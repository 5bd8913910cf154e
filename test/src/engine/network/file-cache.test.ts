import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileCache, LARGEST_CACHE, TRIM_INTERVAL } from '../../../../src/engine/network/file-cache.ts';
import { ProjectFolder } from '../fixtures/project-folder.ts';

const URL_A = new URL('https://a.example/a.proto');
const URL_B = new URL('https://b.example/b.proto');
const FILE = { content: Buffer.from('PROTO'), etag: '"1"' };

let folder: ProjectFolder;

beforeEach(async () => {
  folder = await ProjectFolder.create();
});
afterEach(() => folder.remove());

describe('FileCache', () => {
  it('keeps each content once, whatever its URLs are, also for others', async () => {
    const path = folder.at('new/cache');
    await new FileCache(path).put(URL_A, FILE);
    await new FileCache(path).put(URL_B, { ...FILE, etag: undefined });

    const cache = new FileCache(path);
    expect(await cache.get(URL_A)).toEqual(FILE);
    expect(await cache.get(URL_B)).toEqual({ ...FILE, etag: undefined });
    expect((await readdir(path)).filter((name) => !name.endsWith('.json'))).toHaveLength(1);
  });

  it('has nothing of what was changed, or is not there', async () => {
    const cache = new FileCache(folder.path);
    await cache.put(URL_A, FILE);
    const [content = ''] = (await readdir(folder.path)).filter((name) => !name.endsWith('.json'));
    await writeFile(folder.at(content), 'OTHER');

    expect(await cache.get(URL_A)).toBeUndefined();
    expect(await cache.get(URL_B)).toBeUndefined();
  });

  it('deletes what is oldest where there is too much', async () => {
    const sizes = [0.6, 0.3, 0.3].map((part) => Math.floor(part * LARGEST_CACHE));
    for (const [index, size] of sizes.entries()) {
      const path = join(folder.path, `old${index}`);
      await writeFile(path, Buffer.alloc(size));
      await utimes(path, index, index);
    }
    await new FileCache(folder.path).put(URL_A, FILE);

    const names = await readdir(folder.path);
    expect(names.filter((name) => name.startsWith('old')).sort()).toEqual(['old1', 'old2']);
    expect(names).toHaveLength(4);
  });

  it('deletes what is oldest again when it has written much', async () => {
    const cache = new FileCache(folder.path);
    await cache.put(URL_A, FILE);
    for (const index of [0, 1]) {
      const path = folder.at(`old${index}`);
      await writeFile(path, Buffer.alloc(0.6 * LARGEST_CACHE));
      await utimes(path, index, index);
    }
    const oldOnes = async () => (await readdir(folder.path)).filter((name) => name.startsWith('old')).sort();

    await cache.put(URL_A, { content: Buffer.alloc(0.9 * TRIM_INTERVAL), etag: undefined });
    expect(await oldOnes()).toEqual(['old0', 'old1']);
    await cache.put(URL_B, { content: Buffer.alloc(0.2 * TRIM_INTERVAL), etag: undefined });
    expect(await oldOnes()).toEqual(['old1']);
  });

  it('never takes more than it may', async () => {
    const parts = Array.from({ length: 3 }, (_, index) => `old${index}`);
    for (const name of parts) await writeFile(folder.at(name), Buffer.alloc(LARGEST_CACHE / 3 - 1));
    const cache = new FileCache(folder.path);
    const size = 9_000_000;
    for (let index = 0; index < 3; index++) {
      await cache.put(new URL(`https://a.example/${index}`), { content: Buffer.alloc(size, index), etag: undefined });
      const sizes = (await readdir(folder.path)).map(async (name) => (await stat(folder.at(name))).size);
      expect((await Promise.all(sizes)).reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(LARGEST_CACHE);
    }
  });

  it('counts small files, of which there may be as many', async () => {
    const cache = new FileCache(folder.path);
    await cache.put(URL_A, FILE);
    await writeFile(folder.at('old'), Buffer.alloc(LARGEST_CACHE));
    await utimes(folder.at('old'), 0, 0);

    for (let index = 0; index < 1_000; index++) await cache.put(new URL(`https://a.example/${index}`), FILE);
    expect(await readdir(folder.path)).not.toContain('old');
  });

  it('lets a folder that cannot be written be', async () => {
    await writeFile(folder.at('file'), '');
    const cache = new FileCache(folder.at('file/folder'));
    await cache.put(URL_A, FILE);

    expect(await cache.get(URL_A)).toBeUndefined();
  });
});
