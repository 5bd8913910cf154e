import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePrivateFolder } from '../../../src/operations/private-folder.ts';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'private-folder-'));
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

describe('makePrivateFolder', () => {
  it('makes what is missing for our user alone, and names it', () => {
    const made = makePrivateFolder(join(top, 'a/b'));

    expect(made).toEqual([join(top, 'a'), join(top, 'a/b')]);
    expect(made.map((path) => lstatSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
    expect(makePrivateFolder(join(top, 'a/b'))).toEqual([]);
  });
});
