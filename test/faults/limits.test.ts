import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { IMPLEMENTATIONS } from '../fixtures/checkout-harness.ts';
import {
  type CompiledServer,
  canBeNobody,
  canLimit,
  isBuilt,
  lowestFreeFile,
  startCompiledServer,
} from '../fixtures/compiled-server.ts';
import { type GitServer, startGitServer } from '../fixtures/git-server.ts';

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';
const WORLD_TEXT = '#VRML_SIM R2025a utf8\n';

/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 20_000, interval: 20 };

/** Files and processes of which no server here has as many. */
const ENOUGH = 1_000;

let gitServer: GitServer;
let folder: string;

beforeAll(async () => {
  gitServer = await startGitServer();
  await gitServer.addRepository('owner/project', [{ branch: 'main', files: { 'worlds/w.wbt': WORLD_TEXT } }]);
  folder = await mkdtemp(join(tmpdir(), 'limits-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'worlds'));
  await writeFile(join(folder, 'worlds/w.wbt'), WORLD_TEXT);
});
afterAll(async () => {
  await gitServer.close();
  await rm(folder, { recursive: true });
});

describe.skipIf(!isBuilt || !canLimit)(
  'a server that may open no more files (needs the build, prlimit and /proc)',
  () => {
    it.each<[step: string, spare: number, config: () => { git?: string; mirror: string }]>([
      ['folder', 0, () => ({ mirror: gitServer.url })],
      ['git', 2, () => ({ mirror: gitServer.url })],
      ['built-in checkout', 2, () => ({ git: 'builtin', mirror: gitServer.url })],
      ['engine', 2, () => ({ mirror: folder })],
    ])(
      'tells its client when there is none for the %s, and takes clients again when it may',
      async (_step, spare, config) => {
        await using server = await startServer(config());
        const client = await server.connect();
        await server.settled();
        server.limit('nofile', (pid) => lowestFreeFile(pid) + spare);

        client.start(WORLD);

        expect(await client.closed).toBe(1000);
        expect(client.messages.at(-1)).toBe(
          'error: The simulation server has too many files open. Please try again later.',
        );
        await expectRecovery(server, () => server.limit('nofile', ENOUGH));
      },
    );
  },
);

describe.skipIf(!isBuilt || !canLimit || !canBeNobody)(
  'a server that can start no more processes (needs the build, prlimit, /proc, and not to be root or setpriv)',
  () => {
    it.each([
      ...IMPLEMENTATIONS.map((git) => [`a checkout (${git})`, () => ({ git, mirror: gitServer.url })] as const),
      ['an engine', () => ({ mirror: folder })] as const,
    ])('tells a client that needs it for %s, and takes clients again when it can', async (_, options) => {
      await using server = await startServer({ ...options(), isNobody: true });
      const client = await server.connect();
      server.limit('nproc', 1);

      client.start(WORLD);

      expect(await client.closed).toBe(1000);
      expect(client.messages.at(-1)).toBe(
        'error: The simulation server can start no more processes. Please try again later.',
      );
      await expectRecovery(server, () => server.limit('nproc', ENOUGH));
    });
  },
);

/** Passes when the server says that it can take no session, is given back what it lacks, serves again and ends in order. */
async function expectRecovery(server: CompiledServer, giveBack: () => void): Promise<void> {
  await server.logged({ level: 'warn', message: 'no session can be served', reason: 'machineExhausted' });
  expect(await server.load()).toBe('100');
  giveBack();
  await server.logged({ level: 'info', message: 'sessions can be served again' });
  const client = await server.connect();
  client.start(WORLD);
  await client.heard('webots:');
  client.socket.close();
  await vi.waitFor(async () => expect(await readdir(join(server.projectsDir, 'instances'))).toEqual([]), BOUND);
  expect(server.log.filter(({ message }) => message === 'reaper runs')).toHaveLength(1);
  expect(await server.stop()).toBe(0);
}

function startServer({
  git = 'native',
  mirror,
  isNobody = false,
}: {
  git?: string;
  mirror: string;
  isNobody?: boolean;
}) {
  const place = mirror === folder ? mirror : `${mirror}/owner/project`;
  const mirrors = { 'https://github.com/owner/project': place };
  return startCompiledServer({ config: { git, mirrors, allowedRepositories: ['https://github.com/owner'] }, isNobody });
}
