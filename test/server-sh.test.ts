import { type ChildProcess, execFile, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { writeCertificate } from './fixtures/certificate.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Longest wait for the program, in ms. */
const BOUND = { timeout: 60_000, interval: 20 };

let folder: string;
let script: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'server-sh-'));
  script = join(folder, 'server.sh');
  await copyFile(join(repository, 'server.sh'), script);
});

afterEach(async () => {
  await server('stop');
  await rm(folder, { recursive: true });
});

describe('server.sh', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'dist', 'src'), { recursive: true });
    await copyFile(join(repository, 'test', 'fixtures', 'fake-server.mjs'), join(folder, 'dist', 'src', 'main.js'));
    await write('package.json', { type: 'module' });
  });

  it('starts both servers, the simulation server first, and returns when they answer', async () => {
    const { session, simulation } = await configure('local');

    const { status, stdout } = await server('start');

    expect(status).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^Started the simulation server \\(process \\d+, configuration local, port ${simulation}\\)\\.\n` +
          `Started the session server \\(process \\d+, configuration local, port ${session}\\)\\.\n$`,
      ),
    );
    expect(await answer(session)).toBe('0');
    expect(await answer(simulation)).toBe('0');
    expect(await output('session')).toBe('session with config/session/local.json\n  Press Ctrl+C to stop.\n');
    expect(await output('simulation')).toBe('simulation with config/simulation/local.json\n  Press Ctrl+C to stop.\n');
  });

  it('stops both, and returns when they are gone', async () => {
    const { session, simulation } = await configure('local');
    await server('start');
    const pids = [await pid('session'), await pid('simulation')];

    expect(await server('stop')).toEqual({
      status: 0,
      stdout: `Stopping the session server (process ${pids[0]}).\nStopping the simulation server (process ${pids[1]}).\n`,
      stderr: '',
    });
    expect(pids.filter(isAlive)).toEqual([]);
    expect([await answer(session), await answer(simulation)]).toEqual([undefined, undefined]);
    expect(existsSync(join(folder, 'log', 'session.pid'))).toBe(false);
  });

  it('tells what runs, with 0 if all does and 3 if not', async () => {
    await configure('local');
    expect(await server('status')).toMatchObject({
      status: 3,
      stdout: 'The session server does not run.\nThe simulation server does not run.\n',
    });

    await server('start');
    expect(await server('status')).toMatchObject({
      status: 0,
      stdout: `The session server runs (process ${await pid('session')}, configuration local).
The simulation server runs (process ${await pid('simulation')}, configuration local).
`,
    });

    const killed = await pid('session');
    process.kill(killed, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(killed)).toBe(false));
    expect(await server('status')).toMatchObject({
      status: 3,
      stdout: expect.stringContaining(
        'The session server has ended by itself; log/session/console.log and output.log may say why.',
      ),
    });
  });

  it('starts only the roles that have a file of that name', async () => {
    await write('config/simulation/lab.json', { port: await freePort() });

    expect(await server('start', 'lab')).toMatchObject({ status: 0, stdout: expect.not.stringContaining('session') });
    expect(await server('status')).toMatchObject({ status: 0 });
  });

  it('leaves a server alone that runs already, and starts the other one', async () => {
    await configure('local');
    await server('start');
    const simulation = await pid('simulation');
    process.kill(await pid('session'), 'SIGKILL');

    const { status, stdout } = await server('start');

    expect(status).toBe(0);
    expect(stdout).toContain(`The simulation server already runs (process ${simulation}, configuration local).`);
    expect(stdout).toMatch(/Started the session server/);
    expect(await pid('simulation')).toBe(simulation);
  });

  it('restarts with another configuration', async () => {
    await configure('local');
    await configure('lab');
    await server('start');
    const before = await pid('session');

    expect(await server('restart', 'lab')).toMatchObject({ status: 0 });

    expect(isAlive(before)).toBe(false);
    expect((await server('status')).stdout).toContain(`process ${await pid('session')}, configuration lab`);
  });

  it('says of each server for whom the process before it stays', async () => {
    await configure('local');
    await server('start');
    const before = { session: await pid('session'), simulation: await pid('simulation') };

    const { stdout } = await server('upgrade');

    expect(stdout).toContain(`Process ${before.session} ends with its last client.`);
    expect(stdout).toContain(`Process ${before.simulation} ends with its last simulation.`);
    const status = await server('status');
    expect(status.stdout).toContain(`(process ${before.session}) still serves its last clients.`);
    expect(status.stdout).toContain(`(process ${before.simulation}) still serves its last simulations.`);
  });

  it('does not stop anything when asked to restart with a configuration that is not there', async () => {
    await configure('local');
    await server('start');

    expect(await server('restart', 'moon')).toMatchObject({
      status: 1,
      stderr: 'There is neither config/session/moon.json nor config/simulation/moon.json.\n',
    });
    expect(await server('status')).toMatchObject({ status: 0 });
  });

  it('says why a server ended, and leaves nothing running', async () => {
    await configure('local', { fixture: 'crash' });
    await write('log/session/console.log', 'of another day\n');

    const { status, stderr } = await server('start');

    expect(status).toBe(1);
    expect(stderr).toBe(
      'The session server ended at once. Its last output:\nsession with config/session/local.json\nExpected better luck\n',
    );
    expect(await server('status')).toMatchObject({
      status: 3,
      stdout: 'The session server does not run.\nThe simulation server does not run.\n',
    });
  });

  it('gives up on a server that does not answer, and leaves nothing running', async () => {
    const session = await freePort();
    await write('config/session/local.json', { port: session, fixture: 'mute' });
    await shorten('READY_TIME');

    const { status, stderr } = await server('start');

    expect(status).toBe(1);
    expect(stderr).toContain(`The session server did not answer on port ${session} within 1 s. Its last output:`);
    expect(await server('status')).toMatchObject({ status: 3, stdout: expect.not.stringContaining('runs') });
  });

  it('kills a server that does not end', async () => {
    await configure('local', { fixture: 'stubborn' });
    await shorten('STOP_TIME');
    await server('start');
    const session = await pid('session');

    expect(await server('stop')).toMatchObject({
      status: 0,
      stderr: 'The session server did not end within 1 s and is killed.\n',
    });
    expect(isAlive(session)).toBe(false);
  });

  it('waits for the simulations of a server for as long as its configuration gives them to finish', async () => {
    await configure('local', { fixture: 'draining', drainTimeout: 59.5, killGrace: 1 });
    await server('start');
    const served = await pid('session');
    await shorten('STOP_TIME');

    const { status, stdout, stderr } = await server('stop');

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(
      `Stopping the session server (process ${served}).\nIts simulations have 60 s to finish. To end them at once, press Ctrl+C and stop again.\n`,
    );
    expect(isAlive(served)).toBe(false);
  });

  it('does not take another program on the port for its server', async () => {
    const { simulation } = await configure('local');
    const other = createServer((_, response) => response.end('0')).listen(simulation, '127.0.0.1');
    await once(other, 'listening');

    const { status, stderr } = await server('start');
    await closed(other);

    expect(status).toBe(1);
    expect(stderr).toBe(
      `The simulation server cannot start: another program listens on port ${simulation}. ` +
        'Stop it, or change `port` in config/simulation/local.json.\n',
    );
    expect((await server('status')).status).toBe(3);
  });

  it('never signals a process that has got the number of a server that is gone', async () => {
    await write('log/session.pid', `${process.pid} an-earlier-boot:1 local\n`);

    expect(await server('status')).toMatchObject({ status: 3 });
    expect(await server('stop')).toMatchObject({ status: 0, stdout: expect.not.stringContaining('Stopping') });
    expect(existsSync(join(folder, 'log', 'session.pid'))).toBe(false);
  });

  it('refuses to work while another one does', async () => {
    await configure('local', { fixture: 'mute' });
    const first = await startThatHangs();

    expect(await server('stop')).toMatchObject({
      status: 1,
      stderr: `Another server.sh is at work (process ${first.pid}).\n`,
    });

    first.kill('SIGTERM');
    await once(first, 'exit');
  });

  it('is not kept from working by one that was killed at work', async () => {
    await configure('local');
    await write('log/server.lock', '999999999 an-earlier-boot:1\n');

    expect(await server('start')).toMatchObject({ status: 0 });
  });

  it('stops what it has started when it is interrupted', async () => {
    await configure('local', { fixture: 'mute' });
    const child = await startThatHangs();

    child.kill('SIGTERM');
    const [status] = await once(child, 'exit');

    expect(status).toBe(130);
    expect((await server('status')).stdout).toBe(
      'The session server does not run.\nThe simulation server does not run.\n',
    );
  });

  it('works through a link to it', async () => {
    await configure('local');
    await mkdir(join(folder, 'bin'));
    await symlink('../server.sh', join(folder, 'bin', 'hub'));
    script = join(folder, 'bin', 'hub');

    expect(await server('start')).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, 'log', 'session.pid'))).toBe(true);
  });

  it('asks for npm ci where the program is not built', async () => {
    await configure('local');
    await rm(join(folder, 'dist'), { recursive: true });

    expect(await server('start')).toMatchObject({
      status: 1,
      stderr: `dist/src/main.js is missing: run \`npm ci\` in ${folder}.\n`,
    });
  });

  it.each([[[]], [['begin']], [['start', '../local']], [['start', 'a', 'b']], [['start', '-x']]])(
    'refuses the arguments %j',
    async (args) => {
      expect(await server(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/./) });
    },
  );

  it('explains itself when asked to', async () => {
    expect(await server('help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage: /), stderr: '' });
  });
});

describe('server.sh with the program itself', () => {
  it('starts a session server that finds the simulation server, and stops both', async () => {
    await symlink(join(repository, 'dist'), join(folder, 'dist'));
    const [session, simulation] = [await freePort(), await freePort()];
    const local = { server: 'localhost', ssl: false, portRewrite: false };
    await write('config/session/local.json', {
      ...local,
      port: session,
      simulationServers: [`localhost:${simulation}`],
    });
    await write('config/simulation/local.json', { ...local, port: simulation, projectsDir: 'projects' });

    expect(await server('start')).toMatchObject({ status: 0, stderr: '' });
    expect(Number(await answer(simulation))).toBeGreaterThanOrEqual(0);
    expect(Number(await answer(session))).toBeGreaterThanOrEqual(0);

    expect(await server('stop')).toMatchObject({ status: 0, stderr: '' });
    expect([await answer(session), await answer(simulation)]).toEqual([undefined, undefined]);
    for (const role of ['session', 'simulation']) {
      const logged = await readFile(join(folder, 'log', role, 'output.log'), 'utf8');
      expect(logged.match(/"message":"stopped"/g)).toHaveLength(1);
      expect(
        logged
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).level),
      ).not.toContain(undefined);
      expect(await output(role)).toContain('is running.');
      expect(await output(role)).not.toContain('"message"');
    }
  });

  it('reads files again, and puts a new process in the place of one that goes on with its session', async () => {
    await symlink(join(repository, 'dist'), join(folder, 'dist'));
    const port = await freePort();
    const config = { server: 'localhost', ssl: false, portRewrite: false, port, projectsDir: 'projects' };
    const project = 'https://github.com/owner/project';
    await write('project/worlds/w.wbt', '#VRML_SIM R2025a utf8\n');
    const mirrored = { allowedRepositories: [project], mirrors: { [project]: join(folder, 'project') } };
    await write('config/simulation/local.json', { ...config, ...mirrored, engine: 'embedded', watchConfig: false });
    expect(await server('reload')).toMatchObject({ status: 3 });
    await server('start');
    const old = await pid('simulation');
    const client = new WebSocket(`ws://127.0.0.1:${port}/client`);
    client.on('open', () => client.send(JSON.stringify({ start: { url: `${project}/blob/main/worlds/w.wbt` } })));
    for await (const [message] of on(client, 'message')) if (String(message).startsWith('webots:')) break;

    await write('config/simulation/local.json', { ...config, ...mirrored, engine: 'embedded', title: 'Reloaded' });
    expect(await server('reload')).toMatchObject({ status: 0, stdout: expect.stringContaining(`process ${old}`) });
    await vi.waitFor(async () => expect(await log('simulation')).toContain('"changed":["watchConfig","title"]'), BOUND);

    const upgraded = await server('upgrade');
    const next = await pid('simulation');
    expect(upgraded).toEqual({
      status: 0,
      stdout: `The simulation server is process ${next} now (configuration local). Process ${old} ends with its last simulation.\n`,
      stderr: '',
    });
    expect((await output('simulation')).match(/is running\./g)).toHaveLength(2);
    expect([isAlive(old), isAlive(next), client.readyState]).toEqual([true, true, WebSocket.OPEN]);
    expect(await server('status')).toMatchObject({
      stdout: expect.stringContaining(
        `The simulation server before it (process ${old}) still serves its last simulations.`,
      ),
    });

    const elsewhere = await freePort();
    await write('config/simulation/local.json', { ...config, port: elsewhere });
    expect(await server('upgrade')).toMatchObject({
      status: 1,
      stderr: `The simulation server cannot be upgraded: it listens on port ${port}, and config/simulation/local.json says ${elsewhere}. Stop and start it, or change \`port\` back.\n`,
    });
    expect([await pid('simulation'), await answer(elsewhere)]).toEqual([next, undefined]);

    await write('config/simulation/local.json', { ...config, port: 70_000 });
    expect(await server('upgrade')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Expected `port` to be an integer from 1 to 65535, got 70000'),
    });
    expect([await pid('simulation'), isAlive(next)]).toEqual([next, true]);

    expect(await server('stop')).toMatchObject({ status: 0, stderr: '' });
    expect([old, next].filter(isAlive)).toEqual([]);
  });

  it('starts a server that speaks TLS', async () => {
    await symlink(join(repository, 'dist'), join(folder, 'dist'));
    const port = await freePort();
    await mkdir(join(folder, 'config/simulation'), { recursive: true });
    const { cert, key } = await writeCertificate(join(folder, 'config/simulation'));
    const local = { server: 'localhost', portRewrite: false, port, projectsDir: 'projects', engine: 'embedded' };
    await write('config/simulation/local.json', { ...local, tls: { cert, key } });

    expect(await server('start')).toMatchObject({ status: 0, stderr: '' });
  });

  it('shows what is wrong with a configuration', async () => {
    await symlink(join(repository, 'dist'), join(folder, 'dist'));
    await write('config/session/local.json', { server: 'localhost', port: 70_000, simulationServers: ['localhost'] });

    expect(await server('start')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Expected `port` to be an integer from 1 to 65535, got 70000'),
    });
  });
});

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the script from another folder. */
function server(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(script, args, { cwd: tmpdir() }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** Runs the script until it waits for a session server that never answers. */
async function startThatHangs(): Promise<ChildProcess> {
  const child = execFile(script, ['start'], { cwd: tmpdir() });
  for await (const text of on(child.stdout!, 'data')) {
    if (String(text).includes('Started the simulation server')) break;
  }
  return child;
}

/** Lets the script wait for 1 s only. */
async function shorten(constant: 'READY_TIME' | 'STOP_TIME'): Promise<void> {
  const text = await readFile(script, 'utf8');
  await write('server.sh', text.replace(new RegExp(`^${constant}=.*$`, 'm'), `${constant}=1`));
}

/** Writes a configuration of both roles and returns their ports. */
async function configure(name: string, session: object = {}) {
  const ports = { session: await freePort(), simulation: await freePort() };
  await write(`config/session/${name}.json`, { port: ports.session, ...session });
  await write(`config/simulation/${name}.json`, { port: ports.simulation });
  return ports;
}

async function write(name: string, content: object | string): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o755 });
}

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** What `GET /load` answers, or undefined where nothing listens. */
async function answer(port: number): Promise<string | undefined> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/load`)).text();
  } catch {
    return undefined;
  }
}

async function closed(listener: Server): Promise<void> {
  listener.closeAllConnections();
  listener.close();
  await once(listener, 'close');
}

function log(role: string): Promise<string> {
  return readFile(join(folder, 'log', role, 'output.log'), 'utf8');
}

function output(role: string): Promise<string> {
  return readFile(join(folder, 'log', role, 'console.log'), 'utf8');
}

async function pid(role: string): Promise<number> {
  return Number((await readFile(join(folder, 'log', `${role}.pid`), 'utf8')).split(' ')[0]);
}

/** Whether a process runs; one that has ended and that nobody has asked about yet does not. */
function isAlive(process_: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(process_)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout.trim());
}
