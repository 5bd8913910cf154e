import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { lstat, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';
import { CheckoutHarness, IMPLEMENTATIONS } from '../../fixtures/checkout-harness.ts';
import type { TestRepository } from '../../fixtures/git-repository.ts';

const REAL_PROJECTS = path.resolve('../shared/projects');
const realWorlds = existsSync(REAL_PROJECTS)
  ? readdirSync(REAL_PROJECTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wbt'))
  : [];

describe.each(IMPLEMENTATIONS)('the %s checkout', (git) => {
  const harness = new CheckoutHarness(git);
  let project: TestRepository;

  beforeAll(async () => {
    project = await harness.server.addRepository('owner/project', [
      { branch: 'main', files: { 'worlds/first.wbt': 'first' }, tag: 'v1' },
      {
        branch: 'main',
        files: {
          'worlds/root.wbt': 'root world',
          'worlds/my world é.wbt': 'spaces',
          'deep/er/worlds/deep.wbt': 'deep world',
          'deep/er/controllers/c/c.sh': { program: '#!/bin/sh' },
          'deep/er/controllers/c/c.bat': 'one\ntwo\n',
          'deep/er/protos/link.proto': { link: '../worlds/deep.wbt' },
          'other/large.bin': randomBytes(300_000),
          'Two Words/worlds/w.wbt': 'folder with a space',
          '.gitattributes': '*.bat text eol=crlf\n',
        },
      },
      { branch: 'feature/arm', files: { 'worlds/arm.wbt': 'arm', 'sub/worlds/arm.wbt': 'sub' }, tag: 'release/1.0' },
      { branch: 'both', files: { 'x/worlds/w.wbt': 'branch both' } },
      { branch: 'elsewhere', files: { 'worlds/w.wbt': 'tag both/x' }, tag: 'both/x' },
      { branch: 'twice', files: { 'worlds/w.wbt': 'branch' } },
      { branch: 'once', files: { 'worlds/w.wbt': 'tag' }, tag: 'twice' },
    ]);
    await project.git(['tag', '-a', '-m', 'annotated', 'v2', 'main']);
  });

  it('names its implementation', async () => {
    expect((await harness.create()).implementation).toBe(git);
  });

  it.each([
    ['a branch', 'blob/main/worlds/root.wbt', '', 'main', 1],
    ['a tag', 'blob/v1/worlds/first.wbt', '', 'v1', 0],
    ['an annotated tag', 'blob/v2/worlds/root.wbt', '', 'v2', 1],
    ['a branch before a tag of the same name', 'blob/twice/worlds/w.wbt', '', 'twice', 5],
    ['HEAD', 'blob/HEAD/worlds/root.wbt', '', 'HEAD', 1],
    ['a tree URL', 'tree/main/worlds/root.wbt', '', 'main', 1],
    ['a raw URL', 'raw/main/worlds/root.wbt', '', 'main', 1],
    ['a raw URL with a whole ref', 'raw/refs/heads/main/worlds/root.wbt', '', 'main', 1],
    ['a world deep in a folder', 'blob/main/deep/er/worlds/deep.wbt', 'deep/er', 'main', 1],
    ['a name with spaces', 'blob/main/worlds/my%20world%20%C3%A9.wbt', '', 'main', 1],
    ['a folder with a space', 'blob/main/Two Words/worlds/w.wbt', 'Two Words', 'main', 1],
    ['a branch with a slash', 'blob/feature/arm/worlds/arm.wbt', '', 'feature/arm', 2],
    ['a folder of a branch with a slash', 'blob/feature/arm/sub/worlds/arm.wbt', 'sub', 'feature/arm', 2],
    ['a tag with a slash', 'blob/release/1.0/worlds/arm.wbt', '', 'release/1.0', 2],
    ['the shorter of two refs that exist', 'blob/both/x/worlds/w.wbt', 'x', 'both', 3],
  ])('fetches %s', async (_what, urlPath, projectPath, ref, index) => {
    const url = `owner/project/${urlPath}`;
    const world = path.posix.join('worlds', parseWorldUrl(`https://github.com/${url}`).readings[0].world);
    const commit = project.commits[index]!;

    const result = await harness.fetch(url);

    const projectFolder = path.join(harness.folder, 'project', projectPath);
    expect(result).toMatchObject({ projectFolder, worldPath: path.join(projectFolder, world), ref, commit });
    const content = await project.git(['show', `${commit}:${path.posix.join(projectPath, world)}`]);
    expect(await readFile(result.worldPath, 'utf8')).toBe(content);
  });

  it.each([0, 1])('fetches a full commit id, also of a commit that no branch points to (%i)', async (index) => {
    const id = project.commits[index]!;

    const result = await harness.fetch(`owner/project/blob/${id}/worlds/${['first', 'root'][index]}.wbt`);

    expect(result).toMatchObject({ ref: id, commit: id });
  });

  it('fetches a folder of a commit', async () => {
    const result = await harness.fetch(`owner/project/blob/${project.commits[1]}/deep/er/worlds/deep.wbt`);

    expect(await readFile(result.worldPath, 'utf8')).toBe('deep world');
  });

  it('writes only the folder of the project, with its programs and links, and no git folder in it', async () => {
    const { projectFolder } = await harness.fetch('owner/project/blob/main/deep/er/worlds/deep.wbt');

    expect((await readdir(path.join(harness.folder, 'project'), { recursive: true })).sort()).toEqual([
      'deep',
      'deep/er',
      'deep/er/controllers',
      'deep/er/controllers/c',
      'deep/er/controllers/c/c.bat',
      'deep/er/controllers/c/c.sh',
      'deep/er/protos',
      'deep/er/protos/link.proto',
      'deep/er/worlds',
      'deep/er/worlds/deep.wbt',
    ]);
    expect((await lstat(path.join(projectFolder, 'controllers/c/c.sh'))).mode & 0o111).toBe(0o111);
    expect(await readlink(path.join(projectFolder, 'protos/link.proto'))).toBe('../worlds/deep.wbt');
  });

  it('takes one request for a pack when the first reading of the URL is right', async () => {
    const { length } = harness.server.requests;

    await harness.fetch('owner/project/blob/v1/worlds/first.wbt');

    expect(harness.server.requests.slice(length).filter(({ kind }) => kind === 'pack')).toHaveLength(1);
  });

  it('reads files as they were checked out', async () => {
    const { projectFolder, readPristine } = await harness.fetch('owner/project/blob/main/deep/er/worlds/deep.wbt');
    const files = ['controllers/c/c.sh', 'controllers/c/c.bat', 'worlds/deep.wbt'];
    const originals = await Promise.all(files.map((file) => readFile(path.join(projectFolder, file))));
    await writeFile(path.join(projectFolder, 'controllers/c/c.sh'), 'changed');
    await rm(path.join(projectFolder, 'worlds'), { recursive: true });

    expect(await Promise.all(files.map((file) => readPristine(file)))).toEqual(originals);
  });

  it('reads only regular files of the project', async () => {
    const { readPristine } = await harness.fetch('owner/project/blob/main/deep/er/worlds/deep.wbt');
    const others = [
      '',
      '.',
      '..',
      '../../other/large.bin',
      'worlds/../../../other/large.bin',
      '/etc/passwd',
      'worlds',
      'worlds//deep.wbt',
      'protos/link.proto',
      'worlds/nothing',
      'worlds/deep.wbt/x',
      'worlds/deep.wbt\0',
      '.git/config',
      '--help',
      ':/other/large.bin',
    ];

    const outcomes = await Promise.allSettled(others.map((file) => readPristine(file)));

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual(
      others.map(() => 'clientMisbehaved'),
    );
  });

  it.skipIf(realWorlds.length === 0)('fetches every world of real projects (needs ../shared/projects)', async () => {
    const { commits } = await harness.server.addFolder('real/projects', REAL_PROJECTS);
    for (const world of realWorlds) {
      const folder = await harness.makeFolder();

      const result = await harness.fetch(`real/projects/blob/main/${world}`, { folder });

      expect(result.commit).toBe(commits[0]);
      expect(await readFile(result.worldPath)).toEqual(await readFile(path.join(REAL_PROJECTS, world)));
    }
  });

  it('tells how it gets on in lines that move the bar of the web client forward', async () => {
    const lines: string[] = [];

    await harness.fetch('owner/project/blob/main/deep/er/worlds/deep.wbt', { onProgress: (line) => lines.push(line) });

    expect(lines.at(0)).toBe('Creating network connection to github.com');
    expect(lines.at(-1)).toBe('Fetching github.com/owner/project: done');
    const steps = lines.slice(1, -1).map((line) => Number(/^Step (\d)\/4 : \S/.exec(line)?.[1]));
    expect(steps.at(0)).toBe(1);
    expect(steps.at(-1)).toBe(4);
    expect(steps).toEqual(steps.toSorted());
  });

  it('fetches ten projects at the same time', async () => {
    harness.server.mode = { kind: 'gather', count: 10 };
    const folders = await Promise.all(Array.from({ length: 10 }, () => harness.makeFolder()));

    const results = await Promise.all(
      folders.map((folder) => harness.fetch('owner/project/blob/main/worlds/root.wbt', { folder })),
    );

    const worlds = await Promise.all(results.map(({ worldPath }) => readFile(worldPath, 'utf8')));
    expect(worlds).toEqual(folders.map(() => 'root world'));
  });
});
