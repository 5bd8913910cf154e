import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type HubProgram, isBuilt, startHubProgram, WORLD } from './fixtures/hub-program.ts';
import { connect, freePort } from './fixtures/simulation-server.ts';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Programs start in seconds where many tests run at once; in ms. */
const PATIENCE = { timeout: 120_000 };
const BOUND = { timeout: 60_000, interval: 10 };

describe.skipIf(!isBuilt)(`a reload${SKIPPED}`, PATIENCE, () => {
  it('by a signal concerns both roles, leaves sessions alone, and says what waits for the next start', async () => {
    await using hub = await startHubProgram({ simulation: { watchConfig: false }, session: { watchConfig: false } });
    const running = await start(hub);
    await hub.configure('simulation', { title: 'Reloaded', allowedRepositories: [], maxConnections: 7 });
    await hub.configure('session', { loadThreshold: 50, port: 1 });

    hub.process.kill('SIGHUP');

    await hub.logged('configuration read again', {
      role: 'simulation',
      cause: 'signal',
      changed: ['allowedRepositories', 'title'],
    });
    await hub.logged('configuration read again', { role: 'session', changed: ['loadThreshold'] });
    await hub.logged('takes effect at the next start', { role: 'simulation', keys: ['maxConnections'] });
    await hub.logged('takes effect at the next start', { role: 'session', keys: ['port'] });
    expect(await page(hub, 'monitor')).toContain('<h1>Reloaded</h1>');
    const refused = await connect(`ws://127.0.0.1:${hub.simulationPort}/client`);
    refused.start(WORLD);
    await refused.heard('error: ');
    running.send({ 'reset controller': 'robot/robot.py' });
    await running.heard('reset controller: ');
  });

  it('by a signal that comes while the program starts is made up for when it runs', async () => {
    await using hub = await startHubProgram({ preloads: ['told-to-reload.mjs'] });

    await hub.logged('configuration read again', { role: 'simulation', cause: 'signal' });
    await hub.logged('configuration read again', { role: 'session', cause: 'signal' });
  });

  it('by a changed file is refused where that is broken, and succeeds where it is mended', async () => {
    await using hub = await startHubProgram({ role: 'simulation', simulation: { title: 'First' } });

    await hub.configure('simulation', { title: 'Second', timeout: 'long' });
    await hub.logged('configuration refused; the one in force stays', { cause: 'file' });
    expect(await page(hub, 'monitor')).toContain('<h1>First</h1>');

    await hub.configure('simulation', { timeout: 400 });
    await hub.logged('configuration read again', { cause: 'file', changed: ['timeout', 'title'] });
    expect(await page(hub, 'monitor')).toContain('<h1>Second</h1>');
  });

  it('keeps options of the command line in force', async () => {
    const sessionPort = await freePort();
    const flags = ['--log-level', 'info', '--port', String(sessionPort)];
    await using hub = await startHubProgram({ role: 'session', sessionPort, session: { port: 1 }, flags });

    await hub.configure('session', { port: 2, logLevel: 'error', grantLoad: 7 });

    await hub.logged('configuration read again', { changed: ['logLevel', 'grantLoad'] });
    expect(hub.log).not.toContainEqual(expect.objectContaining({ message: 'takes effect at the next start' }));
    expect(await answer(`http://127.0.0.1:${sessionPort}/load`)).toBe('-1');
  });

  it('adds and removes simulation servers', async () => {
    await using hub = await startHubProgram();
    await using other = await startHubProgram({ role: 'simulation' });
    const session = () => answer(`http://127.0.0.1:${hub.sessionPort}/session`);
    expect(await session()).toBe(`ws://127.0.0.1:${hub.simulationPort}`);

    await hub.configure('session', { simulationServers: [`127.0.0.1:${other.simulationPort}`] });
    await vi.waitFor(async () => expect(await session()).toBe(`ws://127.0.0.1:${other.simulationPort}`), BOUND);

    await hub.configure('session', { simulationServers: [`127.0.0.1:${hub.simulationPort}`] });
    await vi.waitFor(async () => expect(await session()).toBe(`ws://127.0.0.1:${hub.simulationPort}`), BOUND);
    expect(hub.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('tells web services again of what they are told', async () => {
    const told: URLSearchParams[] = [];
    const service = createServer((request, response) => {
      void text(request).then((body) => {
        told.push(new URLSearchParams(body));
        response.end('listed');
      });
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const notify = `http://127.0.0.1:${(service.address() as AddressInfo).port}/setup`;
    await using hub = await startHubProgram({ role: 'simulation', simulation: { notify } });
    await vi.waitFor(() => expect(told).toHaveLength(1), BOUND);

    await hub.configure('simulation', { allowedRepositories: ['https://github.com/other'] });
    await vi.waitFor(() => expect(told).toHaveLength(2), BOUND);
    expect(told.at(-1)?.get('allowedRepositories')).toBe('https://github.com/other');

    await hub.configure('simulation', { title: 'New' });
    await hub.logged('configuration read again', { changed: ['title'] });
    expect(told).toHaveLength(2);
    service.close();
  });

  it('changes the level of the log, as does an operator, until the file says otherwise', async () => {
    const logDir = await mkdtemp(join(tmpdir(), 'reload-'));
    onTestFinished(() => rm(logDir, { recursive: true }));
    await using hub = await startHubProgram({ role: 'simulation', flags: [], simulation: { debug: false, logDir } });
    expect(await answer(`http://127.0.0.1:${hub.simulationPort}/log-level`)).toBe('info\n');

    await hub.configure('simulation', { logLevel: 'warn' });
    await vi.waitFor(async () => expect(await level(hub)).toBe('warn\n'), BOUND);
    const order = `http://127.0.0.1:${hub.simulationPort}/log-level`;
    const headers = { 'Sec-Fetch-Site': 'same-origin' };
    expect((await fetch(`${order}/debug`, { method: 'POST', headers })).status).toBe(200);
    expect(await level(hub)).toBe('debug\n');
    expect((await fetch(`${order}/loud`, { method: 'POST', headers })).status).toBe(400);
    expect((await fetch(`${order}/error`, { method: 'POST' })).status).toBe(403);
    expect(await level(hub)).toBe('debug\n');

    await hub.configure('simulation', { logLevel: 'error' });
    await vi.waitFor(async () => expect(await level(hub)).toBe('error\n'), BOUND);
  });
});

const SCRIPT = existsSync('/usr/bin/script');

describe.skipIf(!isBuilt || !SCRIPT)('a terminal that is closed (needs the build and util-linux)', PATIENCE, () => {
  it('ends the program that was started in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'terminal-'));
    const [config, log] = [join(folder, 'lab.json'), join(folder, 'log/session/output.log')];
    const values = {
      server: 'localhost',
      port: await freePort(),
      simulationServers: ['127.0.0.1:1'],
      logDir: `${folder}/log`,
    };
    await writeFile(config, JSON.stringify(values));
    const command = `${process.execPath} ${MAIN} --role session --config ${config}`;
    const terminal = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    terminal.stdout.on('data', (text) => {
      shown += text;
    });
    await vi.waitFor(() => expect(shown).toContain('Press Ctrl+C to stop.'), BOUND);

    terminal.kill('SIGKILL');

    await vi.waitFor(async () => expect(await readFile(log, 'utf8')).toContain('"message":"stopped"'), BOUND);
    const lines = (await readFile(log, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ message: 'stopping', signal: 'SIGHUP' }));
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    await rm(folder, { recursive: true });
  });
});

async function start(hub: HubProgram) {
  const client = await connect(`ws://127.0.0.1:${hub.simulationPort}/client`);
  client.start(WORLD);
  await client.heard('webots:');
  return client;
}

function page(hub: HubProgram, path: string): Promise<string> {
  return answer(`http://127.0.0.1:${hub.simulationPort}/${path}`);
}

function level(hub: HubProgram): Promise<string> {
  return page(hub, 'log-level');
}

async function answer(url: string): Promise<string> {
  return (await fetch(url)).text();
}
