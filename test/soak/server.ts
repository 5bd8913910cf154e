import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DIAGNOSTICS, type Diagnosis, QUESTION } from '../../src/operations/diagnostics.ts';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** Longest wait for a server to answer, to listen or to end, in ms: our choice, for busy machines. */
const BOUND = 60_000;

/** Wait between two looks whether a port is open, in ms. */
const LOOK_INTERVAL = 50;

/** Environment variable by which a server's processes are found, its engines' too; its value is the server's folder. */
export const SOAK_MARK = 'SOAK_SERVER';

export interface ServerOptions {
  readonly name: string;
  readonly role: 'session' | 'simulation';
  /** Folder of the soak, in which the server gets one of its own. */
  readonly folder: string;
  readonly port: number;
  readonly config: Record<string, unknown>;
}

/** One role of the compiled program, in a process of its own that can be ended and started again. */
export interface Server {
  readonly name: string;
  readonly role: 'session' | 'simulation';
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  start(): Promise<void>;
  /** Sends the signal, and resolves to the exit status when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  diagnose(): Promise<Diagnosis>;
  /** Lines of the log of all its lives. */
  log(): Promise<Record<string, unknown>[]>;
}

export async function createServer({ name, role, folder: parent, port, config }: ServerOptions): Promise<Server> {
  const folder = join(parent, name);
  const file = join(folder, 'config.json');
  const output = join(folder, 'output.log');
  await mkdir(folder);
  const local = { server: 'localhost', ssl: false, portRewrite: false, port, logDir: join(folder, 'log'), debug: true };
  const own = role === 'simulation' ? { projectsDir: join(folder, 'projects') } : {};
  await writeFile(file, JSON.stringify({ ...local, ...own, ...config }));
  let child: ChildProcess | undefined;

  const running = (): ChildProcess => {
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} does not run`);
    return child;
  };

  return {
    name,
    role,
    port,
    folder,
    get pid() {
      return running().pid!;
    },
    async start() {
      const log = openSync(output, 'a');
      child = fork(MAIN, ['--role', role, '--config', file, '--log-level', 'info'], {
        execArgv: ['--expose-gc'],
        stdio: ['ignore', log, log, 'ipc'],
        env: { ...process.env, [DIAGNOSTICS]: '1', [SOAK_MARK]: folder },
      });
      closeSync(log);
      for (const deadline = performance.now() + BOUND; performance.now() < deadline; await delay(LOOK_INTERVAL)) {
        running();
        if (await answers(port)) return;
      }
      throw new Error(`Expected ${name} to listen within ${BOUND} ms`);
    },
    async end(signal) {
      const process = running();
      const exit = once(process, 'exit') as Promise<[number | null]>;
      process.kill(signal);
      const ended = await Promise.race([exit, delay(BOUND, undefined, { ref: false })]);
      if (!ended) throw new Error(`Expected ${name} to end within ${BOUND} ms after ${signal}`);
      return ended[0];
    },
    async diagnose() {
      const answer = once(running(), 'message', { signal: AbortSignal.timeout(BOUND) }) as Promise<[Diagnosis]>;
      running().send(QUESTION);
      return (await answer)[0];
    },
    async log() {
      const lines = (await readFile(output, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const response = await fetch(`http://localhost:${port}/load`).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}
