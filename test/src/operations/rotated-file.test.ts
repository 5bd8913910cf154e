import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRotatedFile, type RotatedFileOptions } from '../../../src/operations/rotated-file.ts';
import { canMount, mountSmallDisk } from '../../fixtures/small-disk.ts';

/** Longer than the wait until a file that failed is tried again, in ms. */
const A_WHILE = 1_000;

let folder: string;
let path: string;
let troubles: string[];
let time: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotated-file-'));
  path = join(folder, 'log', 'session', 'output.log');
  troubles = [];
  time = 0;
});
afterEach(() => rm(folder, { recursive: true }));

describe('a rotated file', () => {
  it('has each line when it was written, in a folder that is made, and for our user only', async () => {
    const file = rotatedFile();

    file.write('a\n');
    expect(await readFile(path, 'utf8')).toBe('a\n');
    file.write('b\n');

    expect(await readFile(path, 'utf8')).toBe('a\nb\n');
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('goes on where the last program has stopped', async () => {
    rotatedFile().write('a\n');
    rotatedFile().write('b\n');

    expect(await contents()).toEqual(['a\nb\n']);
  });

  it('is renamed before it grows beyond mostBytes, and as many as older are kept', async () => {
    const file = rotatedFile({ mostBytes: 4, older: 2 });

    for (const line of ['1', '2', '3', '4', '5', '6', '7']) file.write(`${line}\n`);

    expect(await contents()).toEqual(['7\n', '5\n6\n', '3\n4\n']);
    expect((await readdir(dirname(path))).sort()).toEqual(['output.log', 'output.log.1', 'output.log.2']);
  });

  it('takes a line that is longer than mostBytes, in a file of its own', async () => {
    const file = rotatedFile({ mostBytes: 4 });

    for (const line of ['1\n', 'long line\n', '2\n']) file.write(line);

    expect(await contents()).toEqual(['2\n', 'long line\n', '1\n']);
  });

  it('begins each file with the header, once', async () => {
    const header = 'Time, Load\n';
    rotatedFile({ header, mostBytes: 15 }).write('1\n');
    const file = rotatedFile({ header, mostBytes: 15 });

    for (const line of ['2\n', '3\n']) file.write(line);

    expect(await contents()).toEqual([`${header}3\n`, `${header}1\n2\n`]);
  });

  it('counts bytes, not characters', async () => {
    const file = rotatedFile({ mostBytes: 4 });

    for (const line of ['ä\n', 'ö\n']) file.write(line);

    expect(await contents()).toEqual(['ö\n', 'ä\n']);
  });

  it('keeps every line in order, and never more bytes than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 }), async (lengths) => {
        await rm(join(folder, 'log'), { recursive: true, force: true });
        const file = rotatedFile({ mostBytes: 40, older: 100 });
        const lines = lengths.map((length, index) => `${index} ${'x'.repeat(length)}\n`);
        for (const line of lines) file.write(line);
        const files = await contents();

        expect([...files].reverse().join('')).toBe(lines.join(''));
        expect(files.filter((text) => text.length > 40)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('does not rename what another program that writes there has renamed already', async () => {
    const [ours, theirs] = [rotatedFile({ mostBytes: 4 }), rotatedFile({ mostBytes: 4 })];
    ours.write('1\n');
    theirs.write('a\n');

    ours.write('2\n');
    ours.write('3\n');
    theirs.write('b\n');
    theirs.write('c\n');

    expect((await contents()).reverse().join('')).toBe('1\na\n2\n3\nb\nc\n');
  });

  it('that cannot be written loses its lines and says so once, and how many when it can again', async () => {
    await mkdir(join(folder, 'log'));
    await writeFile(join(folder, 'log', 'session'), 'a file where a folder should be');
    const file = rotatedFile();

    for (const line of ['1\n', '2\n', '3\n']) file.write(line);
    time += A_WHILE;
    file.write('4\n');
    expect(troubles).toEqual([
      expect.stringMatching(/output\.log cannot be written, its lines are lost: E(NOTDIR|EXIST)/),
    ]);

    await rm(join(folder, 'log', 'session'));
    file.write('5\n');
    time += A_WHILE;
    file.write('6\n');

    expect(troubles.slice(1)).toEqual([`${path} is written again; lines that were lost: 5`]);
    expect(await contents()).toEqual(['6\n']);
  });

  it('that cannot be renamed does not grow', async () => {
    const file = rotatedFile({ mostBytes: 4, older: 1 });
    for (const line of ['1\n', '2\n']) file.write(line);
    await mkdir(`${path}.1`);
    await writeFile(join(`${path}.1`, 'x'), '');

    file.write('3\n');

    expect(await readFile(path, 'utf8')).toBe('1\n2\n');
    expect(troubles).toHaveLength(1);
    await rename(`${path}.1`, `${path}.away`);
    time += A_WHILE;
    file.write('4\n');
    expect(await contents()).toEqual(['4\n', '1\n2\n']);
  });

  it.skipIf(!canMount)('survives a full disk, and tears no line that follows (needs the right to mount)', async () => {
    await using disk = mountSmallDisk(1);
    path = join(disk.path, 'output.log');
    const file = rotatedFile({ mostBytes: 10_000_000 });
    const line = `${'x'.repeat(10_000)}\n`;

    await disk.fill();
    for (let count = 0; count < 50; count++) file.write(line);
    expect(troubles).toEqual([expect.stringContaining('ENOSPC')]);
    await disk.clear();
    time += A_WHILE;
    file.write('after\n');

    expect((await readFile(path, 'utf8')).split('\n').slice(-2)).toEqual(['after', '']);
    expect(troubles).toHaveLength(2);
  });
});

function rotatedFile(options: Partial<RotatedFileOptions> = {}) {
  return createRotatedFile({
    path,
    mostBytes: 1_000,
    older: 10,
    onTrouble: (text) => troubles.push(text),
    now: () => time,
    ...options,
  });
}

/** Of all files, the youngest first. */
async function contents(): Promise<string[]> {
  const older = (await readdir(dirname(path))).filter((name) => /^output\.log\.\d+$/.test(name));
  const ages = older.map((name) => Number(name.split('.').at(-1))).sort((first, second) => first - second);
  return Promise.all([path, ...ages.map((age) => `${path}.${age}`)].map((name) => readFile(name, 'utf8')));
}
