import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeptFiles } from '../../../src/operations/kept-files.ts';

let parent: string;
let folder: string;
let errors: unknown[];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kept-files-'));
  folder = join(parent, 'log', 'postmortem');
  errors = [];
});
afterEach(() => rm(parent, { recursive: true }));

const keptFiles = ({ mostPerKind = 3, mostBytes = 100 } = {}) =>
  createKeptFiles({ folder, mostPerKind, mostBytes, onError: (error) => errors.push(error) });

describe('kept files', () => {
  it('are written into a folder that is made, under names that begin with the time and end with the id', async () => {
    const files = keptFiles();

    const path = files.keep('engineCrashed', 'abc', '{}');
    await files.settled();

    expect(path).toMatch(/\/log\/postmortem\/\d{8}T\d{9}Z-engineCrashed-abc\.json$/);
    expect(await readFile(path!, 'utf8')).toBe('{}');
    expect(errors).toEqual([]);
  });

  it('are as many of one kind as allowed, the newest ones', async () => {
    const files = keptFiles();

    const paths = ['a', 'b', 'c', 'd', 'e'].map((id) => files.keep('engineCrashed', id, '{}'));
    await files.settled();

    expect(await idsIn(folder)).toEqual(['c', 'd', 'e']);
    expect(paths).toHaveLength(5);
  });

  it('of one kind displace none of another', async () => {
    const files = keptFiles();

    files.keep('internalError', 'rare', '{}');
    for (const id of ['a', 'b', 'c', 'd']) files.keep('clientGone', id, '{}');
    await files.settled();

    expect(await idsIn(folder)).toEqual(['b', 'c', 'd', 'rare']);
  });

  it('displace what a killed server left unfinished, and nothing that others put there', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '20240101T000000000Z-clientGone-killed.json.tmp'), '{');
    await writeFile(join(folder, 'notes.txt'), '');
    const files = keptFiles({ mostPerKind: 1 });

    files.keep('clientGone', 'a', '{}');
    await files.settled();

    expect((await readdir(folder)).filter((name) => !name.endsWith('clientGone-a.json'))).toEqual(['notes.txt']);
  });

  it('keep the one that was just written where the clock was set back', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '29990101T000000000Z-clientGone-future.json'), '{}');
    const files = keptFiles({ mostPerKind: 1 });

    files.keep('clientGone', 'now', '{}');
    await files.settled();

    expect(await idsIn(folder)).toEqual(['now']);
  });

  it('are never larger than allowed: one that is, is not written', async () => {
    const files = keptFiles({ mostBytes: 10 });

    files.keep('clientGone', 'a', 'x'.repeat(11));
    await files.settled();

    expect(await idsIn(folder).catch(() => [])).toEqual([]);
    expect(errors).toHaveLength(1);
  });

  it('that cannot be written are told of once, and again only after one that could', async () => {
    await writeFile(join(parent, 'log'), 'a file where a folder should be');
    const files = keptFiles();

    for (const id of ['a', 'b']) files.keep('clientGone', id, '{}');
    await files.settled();
    expect(errors).toHaveLength(1);

    await rm(join(parent, 'log'));
    files.keep('clientGone', 'c', '{}');
    await files.settled();
    await rm(join(parent, 'log'), { recursive: true });
    await writeFile(join(parent, 'log'), '');
    files.keep('clientGone', 'd', '{}');
    await files.settled();
    expect(errors).toHaveLength(2);
  });

  it('wait in a line of bounded length', async () => {
    const files = keptFiles({ mostPerKind: 1_000 });

    const paths = Array.from({ length: 150 }, (_, index) => files.keep('clientGone', String(index), '{}'));
    await files.settled();

    expect(paths.filter((path) => path !== undefined)).toHaveLength(100);
    expect(await idsIn(folder)).toHaveLength(100);
    expect(errors).toHaveLength(1);
    expect(files.keep('clientGone', 'later', '{}')).toBeDefined();
    await files.settled();
  });
});

async function idsIn(path: string): Promise<string[]> {
  return (await readdir(path)).map((name) => /-(\w+)\.json/.exec(name)?.[1] ?? name).sort();
}
