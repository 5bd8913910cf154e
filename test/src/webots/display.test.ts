import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findDisplay } from '../../../src/webots/find-display.ts';
import { isBuilt, startCompiledServer } from '../../fixtures/compiled-server.ts';
import { hasProc } from '../../fixtures/process-traces.ts';
import { startSimulationServer, type TestServer } from '../../fixtures/simulation-server.ts';

const FAKE_WEBOTS = fileURLToPath(new URL('../../fixtures/fake-webots.mjs', import.meta.url));
const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';
const BOUND = { timeout: 20_000, interval: 20 };

/** Whether displays can be started and looked at here. */
const hasXvfb = spawnSync('Xvfb', ['-help']).error === undefined && spawnSync('xdpyinfo', ['-version']).status === 0;

let folder: string;
let told: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'display-'));
  told = join(folder, 'told');
  // Tells which display it was given, what the display says, and what it says to who has no key.
  const script = `#!/bin/sh
{ echo "DISPLAY=$DISPLAY"; xdpyinfo; echo "status=$?"; XAUTHORITY=/dev/null xdpyinfo; echo "status=$?"; } >'${folder}/telling' 2>&1
mv '${folder}/telling' '${told}'
exec '${process.execPath}' '${FAKE_WEBOTS}' "$@"
`;
  await writeFile(join(folder, 'webots'), script, { mode: 0o755 });
  await mkdir(join(folder, 'project/worlds'), { recursive: true });
  await writeFile(join(folder, 'project/worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
});
beforeEach(async () => {
  vi.stubEnv('DISPLAY', undefined);
  await rm(told, { force: true });
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => rm(folder, { recursive: true }));

const config = (display: string) => ({
  display,
  engine: 'webots',
  webotsHome: folder,
  startTimeout: 20,
  allowedRepositories: ['https://github.com/owner'],
  mirrors: { 'https://github.com/owner/project': join(folder, 'project') },
});

const startServer = (display = 'auto', projectsDir?: string) =>
  startSimulationServer({ engine: 'configured', config: config(display), ...(projectsDir && { projectsDir }) });

/** Paths of the keys to displays, from the folder of sessions down. */
async function keysIn(projects: string): Promise<string[]> {
  const paths = await readdir(join(projects, 'instances'), { recursive: true });
  return paths.filter((path) => path.endsWith('Xauthority'));
}

/** What an engine of a new session tells of its display. */
async function tellingOf(server: TestServer): Promise<string> {
  const client = await server.connect();
  client.start(WORLD);
  await client.heard('webots:');
  client.socket.close();
  await client.closed;
  return readFile(told, 'utf8');
}

/** The ids of the Xvfb processes whose key is below `projects`. */
async function displaysOf(projects: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    ids.map(async (id) => {
      const words = (await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')).split('\0');
      return words[0]?.endsWith('Xvfb') && words.some((word) => word.startsWith(projects)) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

const displaysIn = ({ log }: { readonly log: readonly Record<string, unknown>[] }) =>
  log.filter(({ message }) => message === 'display runs').map(({ display }) => String(display));

describe.skipIf(!hasXvfb || !isBuilt || !hasProc)(
  'a display of the server’s own (needs Xvfb, xdpyinfo, the build)',
  () => {
    it('is there before the server listens, for engines alone that have its key', async () => {
      await using server = await startServer();
      const [display = ''] = displaysIn(server);

      const telling = await tellingOf(server);

      expect(display).toMatch(/^:\d+$/);
      expect(telling).toMatch(new RegExp(`^DISPLAY=${display}\n`));
      expect(telling).toMatch(/dimensions: +1280x1024 pixels[\s\S]*\nstatus=0\n[\s\S]*\nstatus=1\n$/);
      expect(await keysIn(server.projectsDir)).toEqual([expect.stringMatching(/^display-[\da-f]{32}\/Xauthority$/)]);
    });

    it('and its key stay when another server with the same folder ends', async () => {
      const projectsDir = join(folder, 'projects');
      await using other = await startCompiledServer({ config: { ...config('auto'), projectsDir } });
      await other.logged({ message: 'display runs' });
      await using server = await startServer('auto', projectsDir);
      const displays = await displaysOf(projectsDir);

      await other.stop();

      const left = await displaysOf(projectsDir);
      expect([displays.length, left.length]).toEqual([2, 1]);
      expect(await keysIn(projectsDir)).toHaveLength(1);
      expect(await tellingOf(server)).toMatch(/\nstatus=0\n[\s\S]*\nstatus=1\n$/);
      expect(await displaysOf(projectsDir)).toEqual(left);
    });

    it('is started again when it ends, and the next engine finds it', async () => {
      await using server = await startServer();
      const [first = 0] = await displaysOf(server.projectsDir);

      process.kill(first, 'SIGKILL');
      await vi.waitFor(() => expect(displaysIn(server)).toHaveLength(2), BOUND);

      expect(await tellingOf(server)).toMatch(/\nstatus=0\n/);
      expect(await displaysOf(server.projectsDir)).not.toContain(first);
    });

    it('ends with the server, and leaves no socket', async () => {
      let display = '';
      let projects = '';
      {
        await using server = await startServer();
        [display = ''] = displaysIn(server);
        projects = server.projectsDir;
        expect(existsSync(`/tmp/.X11-unix/X${display.slice(1)}`)).toBe(true);
      }

      await vi.waitFor(async () => expect(await displaysOf(projects)).toEqual([]), BOUND);
      await vi.waitFor(() => expect(existsSync(`/tmp/.X11-unix/X${display.slice(1)}`)).toBe(false), BOUND);
    });

    it('does not outlive a server that is killed', async () => {
      await using server = await startCompiledServer({ config: config('auto') });
      await server.logged({ message: 'display runs' });
      expect(await displaysOf(server.projectsDir)).toHaveLength(1);

      process.kill(server.pid, 'SIGKILL');

      await vi.waitFor(async () => expect(await displaysOf(server.projectsDir)).toEqual([]), BOUND);
      await vi.waitFor(async () => expect(await keysIn(server.projectsDir)).toEqual([]), BOUND);
    });
  },
);

describe.skipIf(!isBuilt)('the display of engines (needs the build)', () => {
  it('is the one of the configuration, and no other is started', async () => {
    await using server = await startServer(':47');

    expect(await tellingOf(server)).toMatch(/^DISPLAY=:47\n/);
    expect(displaysIn(server)).toEqual([]);
  });

  it('is missed in the log, with what to install, where there is no Xvfb', async () => {
    vi.stubEnv('PATH', folder);
    await using server = await startServer();

    expect(server.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'no display for Webots',
        advice: expect.stringContaining('xvfb'),
      }),
    );
  });
});

describe('findDisplay', () => {
  it.each([
    ['auto', 'embedded', {}, { kind: 'none' }],
    ['none', 'webots', { DISPLAY: ':3' }, { kind: 'none' }],
    ['auto', 'webots', { DISPLAY: ':3' }, { kind: 'given', display: ':3' }],
    [':1', 'webots', { DISPLAY: ':3' }, { kind: 'given', display: ':1' }],
  ])('for %s and the %s engine with %j is %j', async (display, engine, environment, choice) => {
    expect(await findDisplay(display, engine, environment)).toEqual(choice);
  });
});
