import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { isBuilt } from './fixtures/hub-program.ts';
import { type Program, startProgram } from './fixtures/program.ts';
import { freePort } from './fixtures/simulation-server.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Longest time for packing and installing, in ms: a registry may be asked. */
const INSTALL_TIMEOUT = 240_000;

/** Longest time for what installed programs do, in ms. */
const RUN_TIMEOUT = 120_000;

/** Makes a program believe that nothing else runs here. */
const IDLE_MACHINE = fileURLToPath(new URL('fixtures/idle-machine.mjs', import.meta.url));

const PROGRAMS = ['webots-hub', 'webots-hub-doctor', 'webots-hub-inspect', 'webots-hub-try'];

let folder: string;
/** Paths of the files in the package. */
let files: string[] = [];
/** Why the package cannot be installed here, if so. */
let obstacle: string | undefined;

describe.skipIf(!isBuilt)('the package (needs the build)', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'));
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: ROOT,
    });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    files = packed.files.map(({ path }) => path);
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--omit=optional', '--fetch-retries=0'];
    const { status, stderr } = spawnSync('npm', ['install', ...options, packed.filename], {
      cwd: folder,
      encoding: 'utf8',
      timeout: INSTALL_TIMEOUT,
    });
    const [, code] =
      /npm (?:ERR!|error) code (ENOTCACHED|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT)/.exec(stderr) ?? [];
    if (code !== undefined) obstacle = `no registry: ${code}`;
    else if (status !== 0) throw new Error(`Expected the package to be installed, npm ended with ${status}: ${stderr}`);
  }, INSTALL_TIMEOUT);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const installed = ({ skip }: TestContext) => {
    if (obstacle !== undefined) skip(obstacle);
    return join(folder, 'node_modules/webots-hub');
  };

  it('holds what its users run and read, and nothing of how it is made', async () => {
    const strays = files.filter(
      (path) =>
        !/^(?:dist\/(?:machines|src|web)|config\/(?:session|simulation)|docs|examples|visualizations|src\/web)\//.test(
          path,
        ) && !['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json', 'server.sh'].includes(path),
    );
    const sources = files.filter((path) => /(?<!\.d)\.[cm]?ts$|\.map$|\.test\./.test(path));
    const pages = (await readdir(join(ROOT, 'src/web'))).filter((name) => /\.(?:html|css|svg)$/.test(name));
    const documents = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));

    expect(strays).toEqual([]);
    expect(sources).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        ...pages.map((name) => `src/web/${name}`),
        ...documents.map((name) => `docs/${name}`),
        ...['session', 'simulation'].flatMap((role) =>
          ['local', 'example', 'schema'].map((name) => `config/${role}/${name}.json`),
        ),
        ...['main', 'doctor', 'inspect', 'client/try', 'client/index', 'reaper/main', 'engine/main'].map(
          (name) => `dist/src/${name}.js`,
        ),
        'dist/src/projects/builtin-worker.js',
        'dist/web/start.js',
        'docs/deployment/systemd/webots-hub-session@.service',
        'docs/deployment/systemd/session.json',
        'docs/deployment/container/Dockerfile',
        'examples/worlds/marbles.wbt',
        'visualizations/README.md',
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'server.sh',
      ]),
    );
  });

  it(
    'installs programs that npx finds, and brings no package that only its makers need',
    async (context) => {
      const root = installed(context);
      const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

      const [shown, help] = await Promise.all(
        ['--version', '--help'].map((option) => run('npx', ['--no', '--', 'webots-hub', option], { cwd: folder })),
      );

      expect(shown?.stdout).toBe(`${version}\n`);
      expect(help?.stdout).toMatch(/^Usage: webots-hub /);
      expect(await readdir(join(folder, 'node_modules/.bin'))).toEqual(expect.arrayContaining(PROGRAMS));
      for (const name of ['typescript', 'vitest', 'three', '@biomejs']) {
        expect(await readdir(join(folder, 'node_modules'))).not.toContain(name);
      }
    },
    RUN_TIMEOUT,
  );

  it(
    'runs both servers, and a client of it plays a session and finds nothing left',
    async (context) => {
      const root = installed(context);
      const [sessionPort, simulationPort] = [await freePort(), await freePort()];
      const local = { server: 'localhost', ssl: false, portRewrite: false, debug: true };
      await writeFile(
        join(folder, 'simulation.json'),
        JSON.stringify({
          ...local,
          port: simulationPort,
          engine: 'embedded',
          projectsDir: join(folder, 'projects'),
          allowedRepositories: ['https://github.com/webots-hub/examples'],
          mirrors: { 'https://github.com/webots-hub/examples': join(root, 'examples') },
          monitorLogEnabled: false,
        }),
      );
      const simulationServers = [`localhost:${simulationPort}`];
      await writeFile(join(folder, 'session.json'), JSON.stringify({ ...local, port: sessionPort, simulationServers }));
      await using simulation = startRole('simulation');
      await simulation.printed('Press Ctrl+C to stop.');
      await using session = startRole('session');
      await session.printed('Press Ctrl+C to stop.');
      const address = `http://localhost:${sessionPort}`;

      const page = await (await fetch(address, { headers: { Accept: 'text/html' } })).text();
      await run(join(folder, 'node_modules/.bin/webots-hub-try'), ['--session', address], { cwd: folder }).catch(
        (error: { stdout: string; stderr: string }) => {
          throw new Error(`Expected a session to be played: ${error.stdout}${error.stderr}`);
        },
      );

      expect(page).toContain('<button id="start"');
      for (const [, path] of page.matchAll(/(?:href|src)="([^":]+\.(?:js|css|svg))"/g)) {
        expect([path, (await fetch(new URL(path!, `${address}/`))).status]).toEqual([path, 200]);
      }
      expect([await session.stop(), await simulation.stop()]).toEqual([0, 0]);
    },
    RUN_TIMEOUT,
  );

  function startRole(role: 'session' | 'simulation'): Program {
    const main = join(folder, 'node_modules/webots-hub/dist/src/main.js');
    const config = join(folder, `${role}.json`);
    return startProgram(process.execPath, [
      '--import',
      IDLE_MACHINE,
      main,
      '--role',
      role,
      '--config',
      config,
      '--log-level',
      'warn',
    ]);
  }
});

const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the units for systemd', () => {
  const units = ['webots-hub-session@.service', 'webots-hub-simulation@.service'];
  const text = (unit: string) => readFileSync(join(ROOT, 'docs/deployment/systemd', unit), 'utf8');

  it.skipIf(!canVerify)('have nothing that systemd does not understand (needs systemd-analyze)', async () => {
    const place = await mkdtemp(join(tmpdir(), 'units-'));
    for (const unit of units) {
      // The programs must be there where they are verified.
      const here = text(unit).replaceAll('/usr/bin/node', process.execPath);
      await writeFile(join(place, unit), here.replace(/^User=.*$/m, 'User=root'));
    }

    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
      cwd: place,
      encoding: 'utf8',
    });

    const about = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('webots-hub'));
    expect({ status, about }).toEqual({ status: 0, about: [] });
    await rm(place, { recursive: true });
  });

  it('wait as long as the server may take, and ask the server alone to end', async () => {
    const { drainTimeout } = JSON.parse(text('simulation.json')) as { drainTimeout: number };
    expect(text('webots-hub-simulation@.service')).toMatch(/^KillMode=mixed$/m);
    for (const [unit, drain] of [
      ['webots-hub-session@.service', 0],
      ['webots-hub-simulation@.service', drainTimeout],
    ] as const) {
      const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(text(unit)) ?? [];
      expect(Number(seconds)).toBeGreaterThanOrEqual(drain + 30);
    }
  });

  /** What systemd knows of an instance that is about to be started, and whether it is to be. */
  const starts = [
    { what: 'one that is started by hand', enabled: false, restarts: 0, another: true, isStarted: true },
    {
      what: 'one that was killed after it had handed over',
      enabled: false,
      restarts: 1,
      another: true,
      isStarted: false,
    },
    {
      what: 'one that was killed, and is for the next boot',
      enabled: true,
      restarts: 1,
      another: true,
      isStarted: true,
    },
    { what: 'one that was killed, and is the only one', enabled: false, restarts: 1, another: false, isStarted: true },
  ];

  it.each(units)('%s takes no port back by itself once it has handed over', async (unit) => {
    const [, condition = ''] = /^ExecCondition=\/bin\/sh -c '(.*)'$/m.exec(text(unit)) ?? [];
    const [name = ''] = unit.split('@');
    const script = condition.replaceAll('%n', `${name}@1.service`).replaceAll('%p', name).replaceAll('$$', '$');
    const place = await mkdtemp(join(tmpdir(), 'systemctl-'));
    for (const { what, enabled, restarts, another, isStarted } of starts) {
      const answers = [
        `"is-enabled -q ${name}@1.service") exit ${enabled ? 0 : 1};;`,
        `"show -p NRestarts --value ${name}@1.service") echo ${restarts};;`,
        `"is-active -q ${name}@*") exit ${another ? 0 : 3};;`,
      ];
      const systemctl = ['#!/bin/sh', 'case "$*" in', ...answers, '*) exit 64;;', 'esac'];
      await writeFile(join(place, 'systemctl'), systemctl.join('\n'), { mode: 0o755 });

      const { status } = spawnSync('/bin/sh', ['-c', script], { env: { PATH: place } });

      expect({ what, status }).toEqual({ what, status: isStarted ? 0 : 1 });
    }
    await rm(place, { recursive: true });
  });

  it.each(units)('%s lets its user, as whom controllers run, change no configuration', (unit) => {
    expect(text(unit)).toMatch(/^ProtectSystem=strict$/m);
    // systemd would give that folder to the user.
    expect(text(unit)).not.toMatch(/^(?:ConfigurationDirectory|ReadWritePaths)=/m);
  });
});

it.each(['systemd', 'container/configuration'])('has configurations in %s that both servers take', async (where) => {
  const { loadSessionConfig, loadSimulationConfig } = await import('../src/config/load-config.ts');
  const place = await mkdtemp(join(tmpdir(), 'configurations-'));
  await cp(join(ROOT, 'docs/deployment', where), place, { recursive: true });
  // The folder of the example is where the program is installed.
  const file = join(place, 'simulation.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/\/opt\/\S+\/node_modules\/webots-hub/, ROOT));

  const [session, simulation] = await Promise.all([
    loadSessionConfig(join(place, 'session.json')),
    loadSimulationConfig(file),
  ]);

  expect([session.warnings, simulation.warnings]).toEqual([[], []]);
  expect(session.config.simulationServers).toEqual([`localhost:${simulation.config.port}`]);
  await rm(place, { recursive: true });
});
