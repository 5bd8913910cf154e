import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startHubProgram, WORLD } from './fixtures/hub-program.ts';
import { freePort } from './fixtures/simulation-server.ts';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const SKIPPED = existsSync(MAIN) ? '' : ' (skipped: no build in dist/)';

const SECRET = 'correct-horse-battery';

/** Address from which a client comes. */
const CLIENT = '127.0.0.77';

/** Longest wait for the program, in ms. */
const BOUND = { timeout: 60_000, interval: 20 };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-program-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.skipIf(SKIPPED)(`the log of the program${SKIPPED}`, { timeout: 120_000 }, () => {
  it('is in a file, to the last line, and not on standard output', async () => {
    const { status, stdout, stderr } = await runSessionServer();

    const messages = (await logOf('session')).map(({ message }) => message);
    expect(messages).toEqual(
      expect.arrayContaining(['simulation server not responding', 'session server listens', 'stopping', 'stopped']),
    );
    expect(messages.at(-1)).toBe('stopped');
    expect(new Set(messages).size).toBe(messages.length);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^webots-hub \S+ is running\./);
    expect(stdout).not.toContain('{');
  });

  it('is on standard output instead where debug is true', async () => {
    const { stdout } = await runSessionServer({ debug: true });

    expect(stdout.match(/"message":"stopped"/g)).toHaveLength(1);
    expect(existsSync(join(folder, 'session'))).toBe(false);
  });

  it('that cannot be written is told once on standard error, and keeps nobody from being served', async () => {
    await writeFile(join(folder, 'session'), 'a file where a folder should be');

    const { status, stderr } = await runSessionServer();

    expect(status).toBe(0);
    expect(stderr).toMatch(/^webots-hub: .*session.output\.log cannot be written, its lines are lost: .*\n$/);
  });

  it('has no secret, no full address of a client, and each line in the file of its role', async () => {
    const own = { debug: false, logDir: folder, adminToken: SECRET };
    await using hub = await startHubProgram({ session: own, simulation: { ...own, monitorLogEnabled: true } });
    const client = new WebSocket(`ws://127.0.0.1:${hub.simulationPort}/client`, { localAddress: CLIENT });
    client.on('open', () => client.send(JSON.stringify({ start: { url: WORLD } })));
    await once(client, 'message');
    const loads = () => readFile(join(folder, 'simulation', 'monitor.csv'), 'utf8');
    await vi.waitFor(async () => expect(await loads()).toMatch(/^Timestamp, .*\n\d+, /), BOUND);
    hub.process.kill('SIGTERM');
    await hub.exited;

    const [session, simulation] = [await logOf('session'), await logOf('simulation')];
    expect(hub.log).toEqual([]);
    expect(session.map(({ role }) => role)).not.toContain('simulation');
    expect(new Set(simulation.map(({ role }) => role))).toEqual(new Set(['simulation']));
    expect(simulation).toContainEqual(expect.objectContaining({ message: 'client session ended' }));
    expect(session.filter(({ message }) => message === 'stopped')).toHaveLength(1);
    for (const secret of [SECRET, CLIENT]) expect(JSON.stringify([session, simulation])).not.toContain(secret);
  });
});

/** Runs a session server, whose only simulation server is not there, until it listens, and stops it. */
async function runSessionServer(config: object = {}) {
  const port = await freePort();
  const file = join(folder, 'config.json');
  const simulationServers = [`127.0.0.1:${port + 1}`];
  const own = { server: 'localhost', port, ssl: false, portRewrite: false, simulationServers, logDir: folder };
  await writeFile(file, JSON.stringify({ ...own, ...config }));
  const child = spawn(process.execPath, [MAIN, '--role', 'session', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  await vi.waitFor(async () => expect(await load(port)).toBe('-1'), BOUND);
  child.kill('SIGTERM');
  const [[status], [stdout, stderr]] = await Promise.all([exit, outputs]);
  return { status, stdout, stderr };
}

async function load(port: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/load`)).text();
}

async function logOf(role: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(join(folder, role, 'output.log'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
