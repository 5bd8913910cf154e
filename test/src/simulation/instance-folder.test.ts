import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInstancesFolder } from '../../../src/simulation/instance-folder.ts';

/** A user who is nobody's, on every Linux. */
const OTHER_USER = 65_534;

const isRoot = process.getuid?.() === 0;

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'instance-folder-'));
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

const modeOf = (path: string) => lstatSync(path).mode & 0o777;
const refusal = (folder: string) => ({
  code: 'configurationInvalid',
  message: expect.stringContaining(`Expected ${folder} to be a folder that only user`),
});

describe('the folder for projects', () => {
  it('is made with all that it needs, for our user alone', async () => {
    const projects = join(top, 'webots-hub/2000');
    expect(await createInstancesFolder(projects)).toBe(join(projects, 'instances'));
    expect(['..', '.', 'instances', 'ledger'].map((name) => modeOf(join(projects, name)))).toEqual(
      Array.from({ length: 4 }, () => 0o700),
    );
    // A second start finds it.
    expect(await createInstancesFolder(projects)).toBe(join(projects, 'instances'));
  });

  it('is refused in the temporary folder where everybody can change what is above it', async () => {
    chmodSync(top, 0o777);
    await expect(createInstancesFolder(join(top, '2000'))).rejects.toMatchObject(refusal(top));
    expect(readdirSync(top)).toEqual([]);
    // Nobody changes what is somebody else's in such a folder.
    chmodSync(top, 0o1777);
    await createInstancesFolder(join(top, '2000'));
  });

  it.runIf(existsSync('/proc/self'))('is refused where no folder can be made (needs /proc)', async () => {
    await expect(createInstancesFolder('/proc/webots-hub/2000')).rejects.toThrow("mkdir '/proc/webots-hub'");
  });

  it('is refused where a link leads to such a folder', async () => {
    const open = join(top, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    symlinkSync(open, join(top, 'link'));
    await expect(createInstancesFolder(join(top, 'link/2000'))).rejects.toMatchObject(refusal(open));
  });

  it.runIf(isRoot).each(['.', '2000', '2000/ledger', '2000/instances'])(
    'is refused where another user has made %s before (needs root)',
    async (name) => {
      const theirs = join(top, name);
      mkdirSync(theirs, { recursive: true });
      writeFileSync(join(theirs, 'forged'), '');
      chownSync(theirs, OTHER_USER, OTHER_USER);
      const before = readdirSync(top, { recursive: true });
      await expect(createInstancesFolder(join(top, '2000'))).rejects.toMatchObject(refusal(theirs));
      expect(readdirSync(top, { recursive: true })).toEqual(before);
    },
  );
});
