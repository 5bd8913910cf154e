import { randomBytes } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import { type Checkout, type CheckoutOptions, createCheckout } from '../../../src/projects/checkout.ts';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';
import type { TestRepository } from '../../fixtures/git-repository.ts';
import { type GitServer, startGitServer } from '../../fixtures/git-server.ts';
import { hasProc, openFiles, processesMarked } from '../../fixtures/process-traces.ts';

const MARK = 'WEBOTS_HUB_SESSION';

let server: GitServer;
let project: TestRepository;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'checkout-test-'));
  server = await startGitServer({ allow: (name) => name !== 'owner/hidden' });
  project = await server.addRepository('owner/project', [
    { branch: 'main', files: { 'worlds/first.wbt': 'first', 'controllers/c/c.py': 'old' }, tag: 'v1' },
    {
      branch: 'main',
      files: {
        'worlds/root.wbt': 'root world',
        'worlds/my world é.wbt': 'spaces',
        'deep/er/worlds/deep.wbt': 'deep world',
        'deep/er/controllers/c/c.sh': { program: '#!/bin/sh' },
        'deep/er/protos/link.proto': { link: '../worlds/deep.wbt' },
        'deep/er/protos/file.proto': 'proto',
        'other/large.bin': randomBytes(300_000),
        'Two Words/worlds/w.wbt': 'folder with a space',
      },
    },
    { branch: 'feature/arm', files: { 'worlds/arm.wbt': 'arm', 'sub/worlds/arm.wbt': 'sub arm' }, tag: 'release/1.0' },
    { branch: 'both', files: { 'x/worlds/w.wbt': 'branch both' } },
    { branch: 'elsewhere', files: { 'worlds/w.wbt': 'tag both/x' }, tag: 'both/x' },
  ]);
  await project.git(['tag', '-a', '-m', 'annotated', 'v2', 'main']);
});

afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

describe.each(['native', 'builtin'] as const)('the %s checkout', (git) => {
  let checkout: Checkout;
  let folder: string;

  beforeAll(async () => {
    checkout = await start({ git });
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(root, 'session-'));
  });
  afterEach(() => {
    server.mode = { kind: 'serve' };
  });

  /** Checks `github.com/<url>` out, into a folder of its own. */
  function fetchWorld(
    url: string,
    { by = checkout, signal = new AbortController().signal, lines = [] as string[] } = {},
  ) {
    const onProgress = (line: string) => lines.push(line);
    return by.checkout({ world: world(url), folder, signal, onProgress, env: { [MARK]: folder } });
  }

  async function failure(url: string, options?: Parameters<typeof fetchWorld>[1]): Promise<unknown> {
    const error = await fetchWorld(url, options).then(
      () => 'no failure',
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AppError);
    const { code, message } = error as AppError;
    expect(message).not.toContain(os.tmpdir());
    expect(message).not.toContain(server.url);
    return { code, message };
  }

  it('names its implementation', () => {
    expect(checkout.implementation).toBe(git);
  });

  it.each([
    ['a branch', 'owner/project/blob/main/worlds/root.wbt', '', 'main', 1],
    ['a tag', 'owner/project/blob/v1/worlds/first.wbt', '', 'v1', 0],
    ['an annotated tag', 'owner/project/blob/v2/worlds/root.wbt', '', 'v2', 1],
    ['HEAD', 'owner/project/blob/HEAD/worlds/root.wbt', '', 'HEAD', 1],
    ['a tree URL', 'owner/project/tree/main/worlds/root.wbt', '', 'main', 1],
    ['a raw URL', 'owner/project/raw/main/worlds/root.wbt', '', 'main', 1],
    ['a world deep in a folder', 'owner/project/blob/main/deep/er/worlds/deep.wbt', 'deep/er', 'main', 1],
    ['a name with spaces', 'owner/project/blob/main/worlds/my%20world%20%C3%A9.wbt', '', 'main', 1],
    ['a folder with a space', 'owner/project/blob/main/Two Words/worlds/w.wbt', 'Two Words', 'main', 1],
    ['a branch with a slash', 'owner/project/blob/feature/arm/worlds/arm.wbt', '', 'feature/arm', 2],
    ['a folder of a branch with a slash', 'owner/project/blob/feature/arm/sub/worlds/arm.wbt', 'sub', 'feature/arm', 2],
    ['a tag with a slash', 'owner/project/blob/release/1.0/worlds/arm.wbt', '', 'release/1.0', 2],
    ['the shorter of two refs that exist', 'owner/project/blob/both/x/worlds/w.wbt', 'x', 'both', 3],
  ])('fetches %s', async (_what, url, projectPath, ref, commit) => {
    const result = await fetchWorld(url);

    expect(result).toMatchObject({
      projectFolder: path.join(folder, 'project', projectPath),
      worldPath: path.join(folder, 'project', projectPath, 'worlds', world(url).readings[0].world),
      ref,
      commit: project.commits[commit],
    });
    const file = path.posix.join(projectPath, 'worlds', world(url).readings[0].world);
    expect(await readFile(result.worldPath, 'utf8')).toBe(await project.git(['show', `${ref}:${file}`]));
  });

  it.each([0, 1])('fetches a full commit id, also of a commit that no ref points to (%i)', async (index) => {
    const id = project.commits[index]!;

    const result = await fetchWorld(`owner/project/blob/${id}/worlds/${['first', 'root'][index]}.wbt`);

    expect(result).toMatchObject({ ref: id, commit: id });
  });

  it('fetches a folder of a commit id', async () => {
    const result = await fetchWorld(`owner/project/blob/${project.commits[1]}/deep/er/worlds/deep.wbt`);

    expect(await readFile(result.worldPath, 'utf8')).toBe('deep world');
  });

  it('writes only the folder of the project, with its programs and links, and no git folder in it', async () => {
    const { projectFolder } = await fetchWorld('owner/project/blob/main/deep/er/worlds/deep.wbt');

    expect(await readdir(path.join(folder, 'project'), { recursive: true })).toEqual(
      expect.arrayContaining(['deep', 'deep/er', 'deep/er/worlds', 'deep/er/worlds/deep.wbt']),
    );
    expect(await readdir(path.join(folder, 'project'))).toEqual(['deep']);
    expect((await lstat(path.join(projectFolder, 'controllers/c/c.sh'))).mode & 0o111).toBe(0o111);
    expect(await readlink(path.join(projectFolder, 'protos/link.proto'))).toBe('../worlds/deep.wbt');
  });

  it.each([
    ['a repository that is not there', 'owner/nothing/blob/main/worlds/w.wbt', 'projectNotFound'],
    ['a repository that is not shown', 'owner/hidden/blob/main/worlds/w.wbt', 'projectNotFound'],
    ['a branch that is not there', 'owner/project/blob/nothing/worlds/w.wbt', 'projectNotFound'],
    ['a branch with a slash that is not there', 'owner/project/blob/a/b/c/worlds/w.wbt', 'projectNotFound'],
    ['a commit that is not there', `owner/project/blob/${'1'.repeat(40)}/worlds/w.wbt`, 'projectNotFound'],
    ['a world that is not there', 'owner/project/blob/main/worlds/nothing.wbt', 'worldMissing'],
    ['a folder that is not there', 'owner/project/blob/main/nothing/worlds/w.wbt', 'worldMissing'],
  ])('refuses %s', async (_what, url, code) => {
    expect(await failure(url)).toMatchObject({ code });
  });

  it('says which world is missing in the words of webots-server', async () => {
    expect(await failure('owner/project/blob/main/worlds/nothing.wbt')).toEqual({
      code: 'worldMissing',
      message: 'nothing.wbt does not exist.',
    });
  });

  it.each([
    ['asks for a password', { kind: 'status', status: 401 }, 'projectNotFound'],
    ['fails', { kind: 'status', status: 500 }, 'projectUnreachable'],
    ['is too busy', { kind: 'status', status: 429 }, 'projectUnreachable'],
    ['breaks off', { kind: 'break' }, 'projectUnreachable'],
  ] as const)('refuses a project whose git server %s', async (_what, mode, code) => {
    server.mode = mode;

    expect(await failure('owner/project/blob/main/worlds/root.wbt')).toMatchObject({ code });
  });

  it('refuses a project whose git server is not there', async () => {
    const gone = await startGitServer();
    await gone.close();
    const by = await start({ git, mirrors: { 'https://github.com': gone.url } });

    expect(await failure('owner/project/blob/main/worlds/root.wbt', { by })).toMatchObject({
      code: 'projectUnreachable',
    });
  });

  it.each(['connect', 'pack'] as const)('gives up a git server that hangs at the %s', async (at) => {
    server.mode = { kind: 'hang', at };
    const by = await start({ git, checkoutTimeout: 1 });

    expect(await failure('owner/project/blob/main/worlds/root.wbt', { by })).toMatchObject({
      code: 'checkoutTimedOut',
    });
    expect(await leftovers()).toEqual({ processes: [], files: [] });
  });

  it.each(['connect', 'pack'] as const)('ends at once and leaves nothing when aborted at the %s', async (at) => {
    server.mode = { kind: 'hang', at };
    const hung = server.hung();
    const abort = new AbortController();
    const reason = new Error('the client left');
    const aborted = fetchWorld('owner/project/blob/main/worlds/root.wbt', { signal: abort.signal });
    const outcome = expect(aborted).rejects.toBe(reason);

    await hung;
    abort.abort(reason);

    await outcome;
    expect(await leftovers()).toEqual({ processes: [], files: [] });
  });

  it('starts nothing when it is aborted before', async () => {
    const reason = new Error('the client left');

    await expect(
      fetchWorld('owner/project/blob/main/worlds/root.wbt', { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a project that is larger than allowed once it is written', async () => {
    await server.addRepository('owner/zeros', [
      { branch: 'main', files: { 'worlds/w.wbt': Buffer.alloc(2 ** 20 + 1) } },
    ]);
    const by = await start({ git, maxProjectSize: 1 });

    expect(await failure('owner/zeros/blob/main/worlds/w.wbt', { by })).toEqual({
      code: 'projectTooLarge',
      message: 'github.com/owner/zeros is larger than the 1 MiB that are allowed.',
    });
  });

  it('refuses a project that is larger than allowed while it arrives', async () => {
    await server.addRepository('owner/large', [{ branch: 'main', files: { 'worlds/w.wbt': randomBytes(2 ** 22) } }]);
    server.mode = { kind: 'hang', at: 'pack', after: 2 ** 21 };
    const by = await start({ git, maxProjectSize: 1 });

    expect(await failure('owner/large/blob/main/worlds/w.wbt', { by })).toMatchObject({ code: 'projectTooLarge' });
    expect(await leftovers()).toEqual({ processes: [], files: [] });
  });

  it('takes a project that is as large as allowed', async () => {
    await server.addRepository('owner/full', [{ branch: 'main', files: { 'worlds/w.wbt': Buffer.alloc(2 ** 20) } }]);
    const by = await start({ git, maxProjectSize: 1 });

    const { worldPath } = await fetchWorld('owner/full/blob/main/worlds/w.wbt', { by });

    expect((await lstat(worldPath)).size).toBe(2 ** 20);
  });

  it('fetches only what the folder of the project needs', async () => {
    const { length } = server.requests;

    await fetchWorld('owner/project/blob/main/deep/er/worlds/deep.wbt');

    const kinds = server.requests.slice(length).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'pack')).toEqual(['pack']);
  });

  it('removes links that lead out of the project, and keeps the others', async () => {
    await server.addRepository('owner/links', [
      {
        branch: 'main',
        files: {
          'p/worlds/w.wbt': 'world',
          'p/inside': { link: 'worlds' },
          'p/chain': { link: 'inside' },
          'p/outside': { link: '../secret' },
          'p/absolute': { link: '/etc' },
          'p/nowhere': { link: 'missing' },
          'p/round': { link: 'round' },
          'p/through': { link: 'outside/etc' },
          'secret/x': 'x',
        },
      },
    ]);
    const log: string[] = [];
    const by = await start({ git, log: (line) => log.push(line) });

    const { projectFolder } = await fetchWorld('owner/links/blob/main/p/worlds/w.wbt', { by });

    expect((await readdir(projectFolder)).sort()).toEqual(['chain', 'inside', 'worlds']);
    expect(log).toHaveLength(5);
  });

  it.each([
    ['the world is a link out of the project', { 'worlds/w.wbt': { link: '/etc/hostname' } }],
    ['the folder of the worlds is a link out of the project', { worlds: { link: '../../..' } }],
    ['the world is a link to nothing', { 'worlds/w.wbt': { link: 'nothing.wbt' } }],
    ['the world is a folder', { 'worlds/w.wbt/x': 'x' }],
  ] as const)('refuses a project in which %s', async (what, files) => {
    const name = `owner/${what.replaceAll(' ', '-')}`;
    await server.addRepository(name, [{ branch: 'main', files }]);

    const { code } = (await failure(`${name}/blob/main/worlds/w.wbt`)) as { code: string };

    expect(['projectUnusable', 'worldMissing']).toContain(code);
  });

  it.each([
    ['a folder named .git', '040000 tree', '.git'],
    ['a folder named ..', '040000 tree', '..'],
  ])('refuses a project with %s', async (_what, entry, name) => {
    const hostile = await server.addRepository('owner/hostile', [{ branch: 'main', files: { 'worlds/w.wbt': 'w' } }]);
    const worlds = await hostile.git(['rev-parse', 'main:worlds']);
    const tree = await hostile.git(['mktree'], `040000 tree ${worlds}\tworlds\n${entry} ${worlds}\t${name}\n`);
    await hostile.git(['update-ref', 'refs/heads/main', await hostile.git(['commit-tree', tree, '-m', 'hostile'])]);

    expect(await failure('owner/hostile/blob/main/worlds/w.wbt')).toMatchObject({ code: 'projectUnusable' });
    expect((await readdir(root)).filter((file) => file.endsWith('.wbt'))).toEqual([]);
  });

  it('reads files as they were checked out', async () => {
    const { projectFolder, readPristine } = await fetchWorld('owner/project/blob/main/deep/er/worlds/deep.wbt');
    await writeFile(path.join(projectFolder, 'controllers/c/c.sh'), 'changed');
    await rm(path.join(projectFolder, 'worlds'), { recursive: true });

    expect((await readPristine('controllers/c/c.sh')).toString()).toBe('#!/bin/sh');
    expect((await readPristine('worlds/deep.wbt')).toString()).toBe('deep world');
  });

  it.each([
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
    'worlds/deep.wbt\0',
    '.git/config',
    '--help',
    ':/other/large.bin',
  ])('does not read %j as a file of the project', async (file) => {
    const { readPristine } = await fetchWorld('owner/project/blob/main/deep/er/worlds/deep.wbt');

    await expect(readPristine(file)).rejects.toMatchObject({ name: 'AppError', code: 'clientMisbehaved' });
  });

  it('tells how it gets on in lines that move the bar of the web client forward', async () => {
    const lines: string[] = [];

    await fetchWorld('owner/project/blob/main/deep/er/worlds/deep.wbt', { lines });

    expect(lines[0]).toBe('Creating network connection to github.com');
    expect(lines.at(-1)).toBe('Fetching github.com/owner/project: done');
    const steps = lines.slice(1, -1).map((line) => /^Step (\d)\/(\d) : \S/.exec(line)?.slice(1).map(Number));
    expect(steps.at(0)).toEqual([1, 4]);
    expect(steps.at(-1)).toEqual([4, 4]);
    expect(steps.map((step) => step![0])).toEqual(steps.map((step) => step![0]!).sort());
  });

  it('fetches ten projects at the same time', async () => {
    server.mode = { kind: 'gather', count: 10 };
    const folders = await Promise.all(Array.from({ length: 10 }, () => mkdtemp(path.join(root, 'session-'))));

    const results = await Promise.all(
      folders.map((own) =>
        checkout.checkout({
          world: world('owner/project/blob/main/worlds/root.wbt'),
          folder: own,
          signal: new AbortController().signal,
          onProgress: () => {},
        }),
      ),
    );

    expect(await Promise.all(results.map(({ worldPath }) => readFile(worldPath, 'utf8')))).toEqual(
      Array.from({ length: 10 }, () => 'root world'),
    );
  });

  async function leftovers() {
    if (!hasProc) return { processes: [], files: [] };
    return { processes: await processesMarked(MARK, folder), files: await openFiles(folder) };
  }
});

function start(options: Partial<CheckoutOptions>): Promise<Checkout> {
  return createCheckout({
    git: 'auto',
    mirrors: { 'https://github.com/': server.url },
    mirrorBase: root,
    checkoutTimeout: 20,
    maxProjectSize: 100,
    ...options,
  });
}

function world(url: string) {
  return parseWorldUrl(`https://github.com/${url}`);
}
