import { spawnSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SESSION_MARK } from '../../src/reaper/process-table.ts';
import { IMPLEMENTATIONS } from '../fixtures/checkout-harness.ts';
import { startDeafPort } from '../fixtures/deaf-port.ts';
import type { TestFile, TestRepository } from '../fixtures/git-repository.ts';
import { type GitServer, type GitServerMode, startGitServer } from '../fixtures/git-server.ts';
import { openFiles, processesMarked } from '../fixtures/process-traces.ts';
import { startSimulationServer, type TestServer } from '../fixtures/simulation-server.ts';

const PROJECT = 'github.com/owner/project';
const WORLD = `https://${PROJECT}/blob/main/worlds/w.wbt`;
const FILES = { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n', 'worlds/scenery.obj': 'v 0 0 0\n'.repeat(2_000) };

/** Values of `checkoutTimeout` in seconds, the first in which a clone gets as far as to hang: longer on a busy machine. */
const HANG_TIMEOUTS = [2, 6, 20];

/** Bounds of the tests: a project that is larger or has more files must not be checked out. */
const MOST_MEBIBYTES = 5;
const MOST_FILES = 100_000;

/** Bound in ms of tests that wait for time-outs or write many files, on a busy machine. */
const LONG_TEST = 180_000;

describe.each(IMPLEMENTATIONS)('a simulation server with the %s checkout tells its client', (git) => {
  it.each<[fault: string, mode: GitServerMode, reason: string, text: string]>([
    ['fails', status(500), 'projectUnreachable', serverOf('answered with HTTP status 500')],
    ['wants a password', status(401), 'projectNotFound', `${PROJECT} does not exist or is not public.`],
    ['cuts the pack', { kind: 'break' }, 'projectUnreachable', serverOf('broke off')],
    ['sends a corrupt pack', { kind: 'corrupt' }, 'projectUnreachable', serverOf('sent damaged data')],
    ['sends an endless pack', { kind: 'endless' }, 'projectTooLarge', tooLarge(`${MOST_MEBIBYTES} MiB`)],
  ])('when the git server %s, and nothing is left', async (_fault, mode, reason, text) => {
    await using gitServer = await gitServerWith(FILES);
    await using server = await startServer(gitServer.url, git);
    gitServer.mode = mode;

    await expectEnd(server, { reason, text });
  });

  it.concurrent.each<[place: string, mode: GitServerMode & { kind: 'hang' }]>([
    ['once it is asked', { kind: 'hang', at: 'connect' }],
    ['in the list of refs', { kind: 'hang', at: 'refs' }],
    ['before the pack', { kind: 'hang', at: 'pack', after: 0 }],
    ['in the middle of the pack', { kind: 'hang', at: 'pack', after: 200 }],
  ])(
    'when the git server hangs %s, and nothing is left',
    async (_place, mode) => {
      await using gitServer = await gitServerWith(FILES);
      gitServer.mode = mode;
      let isReached = false;
      void gitServer.hung().then(() => {
        isReached = true;
      });

      for (const checkoutTimeout of HANG_TIMEOUTS) {
        if (!isReached) await expectTimeout(gitServer.url, checkoutTimeout);
      }

      expect(isReached).toBe(true);
    },
    LONG_TEST,
  );

  it.concurrent('when the git server cannot be connected to for long, and nothing is left', async () => {
    await using port = await startDeafPort();

    await expectTimeout(port.url, HANG_TIMEOUTS[0]!);
  });

  async function expectTimeout(url: string, checkoutTimeout: number): Promise<void> {
    await using server = await startServer(url, git, { checkoutTimeout });
    const text = `Fetching ${PROJECT} took longer than ${checkoutTimeout} s.`;

    await expectEnd(server, { reason: 'checkoutTimedOut', text });
  }

  it('when no git server is there, and nothing is left', async () => {
    const { url, close } = await startGitServer();
    await close();
    await using server = await startServer(url, git);

    await expectEnd(server, { reason: 'projectUnreachable', text: serverOf('cannot be reached') });
  });

  it(
    'when the project has too many files, and nothing is left',
    async () => {
      await using gitServer = await gitServerWith(FILES);
      await addEmptyFiles(gitServer, MOST_FILES);
      await using server = await startServer(gitServer.url, git);

      await expectEnd(server, { reason: 'projectTooLarge', text: tooLarge(`${MOST_FILES} files`, 'has more') });
    },
    LONG_TEST,
  );
});

describe('a simulation server that is asked for what lies outside of the project', () => {
  let outside: string;
  /** Whoever opens it to read waits until somebody writes. */
  let pipe: string;

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'outside-'));
    pipe = join(outside, 'pipe');
    await mkdir(join(outside, 'worlds'));
    await writeFile(join(outside, 'worlds/w.wbt'), 'of somebody else');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  });
  afterAll(() => rm(outside, { recursive: true }));

  const LINK = 'is a link that leads out of the project';
  it.each<[what: string, files: () => Record<string, TestFile>, why: string]>([
    ['a link to a device', () => ({ 'worlds/w.wbt': { link: '/dev/zero' } }), `w.wbt ${LINK}`],
    ['a link to a pipe', () => ({ 'worlds/w.wbt': { link: pipe } }), `w.wbt ${LINK}`],
    ["somebody else's", () => ({ 'worlds/w.wbt': { link: join(outside, 'worlds/w.wbt') } }), `w.wbt ${LINK}`],
    ['in a folder of somebody else', () => ({ worlds: { link: join(outside, 'worlds') } }), `w.wbt ${LINK}`],
    ['a link to nothing', () => ({ 'worlds/w.wbt': { link: 'x.wbt' } }), 'w.wbt is a link that leads nowhere'],
    ['a folder', () => ({ 'worlds/w.wbt/x': 'x' }), 'w.wbt is not a file'],
  ])('refuses a world that is %s, without a look at it', async (_what, files, why) => {
    await using gitServer = await gitServerWith(files());
    await using server = await startServer(gitServer.url);

    await expectEnd(server, { reason: 'projectUnusable', text: `${PROJECT} cannot be used: ${why}.` });

    await expectUntouched();
  });

  it('gives the engine no link that leads there', async () => {
    const links = { 'textures/a': { link: outside }, 'textures/b': { link: pipe }, 'textures/c': { link: '../../..' } };
    await using gitServer = await gitServerWith({
      ...FILES,
      ...links,
      'textures/d.png': '',
      'textures/e': { link: 'd.png' },
    });
    await using server = await startServer(gitServer.url);
    const client = await server.connect();

    client.start(WORLD);
    await client.heard('webots:');

    expect(await readdir(join(await server.projectFolder(), 'textures'))).toEqual(['d.png', 'e']);
    client.socket.close();
    await server.nothingLeft();
    await expectUntouched();
  });

  async function expectUntouched(): Promise<void> {
    expect(await readFile(join(outside, 'worlds/w.wbt'), 'utf8')).toBe('of somebody else');
    expect((await readdir(outside, { recursive: true })).sort()).toEqual(['pipe', 'worlds', 'worlds/w.wbt']);
    // A pipe that nobody reads cannot be opened to write at once.
    await expect(open(pipe, constants.O_WRONLY | constants.O_NONBLOCK)).rejects.toMatchObject({ code: 'ENXIO' });
  }
});

it('refuses a world that is a device in a local folder, without a look at it', async () => {
  const mirror = await mkdtemp(join(tmpdir(), 'mirror-'));
  await mkdir(join(mirror, 'worlds'));
  expect(spawnSync('mkfifo', [join(mirror, 'worlds/w.wbt')]).status).toBe(0);
  await using server = await startServer(mirror);

  await expectEnd(server, { reason: 'projectUnusable', text: `${PROJECT} cannot be used: w.wbt is not a file.` });

  await rm(mirror, { recursive: true });
});

function status(code: number): GitServerMode {
  return { kind: 'status', status: code };
}

function serverOf(fault: string): string {
  return `The git server of ${PROJECT} ${fault}.`;
}

function tooLarge(most: string, how = 'is larger'): string {
  return `${PROJECT} ${how} than the ${most} that are allowed.`;
}

interface ProjectServer extends GitServer, AsyncDisposable {
  readonly repository: TestRepository;
}

async function gitServerWith(files: Readonly<Record<string, TestFile>>): Promise<ProjectServer> {
  const server = await startGitServer();
  const repository = await server.addRepository('owner/project', [{ branch: 'main', files }]);
  return Object.assign(server, { repository, [Symbol.asyncDispose]: server.close });
}

/** Adds a folder with empty files to the project. */
async function addEmptyFiles({ repository: { git } }: ProjectServer, count: number): Promise<void> {
  const empty = await git(['hash-object', '-w', '--stdin']);
  const entries = Array.from({ length: count }, (_, index) => `100644 blob ${empty}\t${index}\n`);
  const textures = await git(['mktree'], entries.join(''));
  const tree = await git(['mktree'], `${await git(['ls-tree', 'main'])}\n040000 tree ${textures}\ttextures\n`);
  await git(['update-ref', 'refs/heads/main', await git(['commit-tree', tree, '-m', 'many'])]);
}

function startServer(mirror: string, git = 'native', config: Record<string, unknown> = {}): Promise<TestServer> {
  return startSimulationServer({
    config: {
      git,
      allowedRepositories: ['https://github.com/owner'],
      mirrors: { 'https://github.com/owner/project': mirror.replace(/^http.*/, '$&/owner/project') },
      maxProjectSize: MOST_MEBIBYTES,
      ...config,
    },
  });
}

/** Starts the world, and passes when its client was told the end, its socket closed, and all of the session is gone. */
async function expectEnd(server: TestServer, end: { readonly reason: string; readonly text: string }): Promise<void> {
  const client = await server.connect();
  client.start(WORLD);

  expect(await client.closed).toBe(1000);
  expect(client.messages.slice(-2)).toEqual([`loading: Error: ${end.text}`, `error: ${end.text}`]);
  await server.nothingLeft();
  const [ended] = server.log.filter(({ message }) => message === 'client session ended');
  expect(ended).toMatchObject(end);
  expect(await processesMarked(SESSION_MARK, String(ended?.session))).toEqual([]);
  // A thread that was ended closes its files a moment later.
  await vi.waitFor(async () => expect(await openFiles(server.projectsDir)).toEqual([]));
}
