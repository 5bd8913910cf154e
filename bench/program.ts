import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const FAKE_WEBOTS = fileURLToPath(new URL('../test/fixtures/fake-webots.mjs', import.meta.url));

/** Longest wait for a program's port, in ms. */
const START_TIMEOUT = 10_000;

/** One role of the compiled program in a process of its own, with a configuration in a temporary folder. */
export interface Program extends AsyncDisposable {
  readonly url: string;
  readonly folder: string;
}

/** Starts a role on a free port; `webots` is an instant stand-in that obeys SIGTERM. */
export async function startProgram(role: 'session' | 'simulation', config: Record<string, unknown>): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const port = (config.port as number | undefined) ?? (await freePort());
  const webotsHome = join(folder, 'webots-home');
  await mkdir(webotsHome);
  await writeFile(join(webotsHome, 'webots'), `#!/bin/sh\nexec '${process.execPath}' '${FAKE_WEBOTS}' "$@"\n`);
  await chmod(join(webotsHome, 'webots'), 0o755);
  const file = join(folder, 'config.json');
  const local = { server: 'localhost', ssl: false, portRewrite: false, port, logDir: join(folder, 'log') };
  const own = role === 'simulation' ? { webotsHome, display: 'none', projectsDir: join(folder, 'projects') } : {};
  await writeFile(file, JSON.stringify({ ...local, ...own, ...config }));
  const child = spawn(process.execPath, [MAIN, '--role', role, '--config', file, '--log-level', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await listening(port, child);
  return {
    url: `http://127.0.0.1:${port}`,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

/** Command of the stand-in itself, for measuring it alone. */
export const fakeWebotsCommand = (port: number): readonly [string, string[]] => [
  process.execPath,
  [FAKE_WEBOTS, `--port=${port}`],
];

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + START_TIMEOUT; performance.now() < deadline; await delay(20)) {
    if (child.exitCode !== null) throw new Error(`The program ended with ${child.exitCode}`);
    if (await isListening(port)) return;
  }
  throw new Error(`Nothing listens on port ${port}`);
}

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
