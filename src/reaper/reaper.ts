import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { MeasureFolder } from './measure-tree.ts';
import type { ReaperCall, ReaperOrder, ReaperReport } from './messages.ts';
import type { ProgramEnd, ProgramListener, SpawnProgram } from './program.ts';
import { readMeasures, type SessionMeasure } from './session-usage.ts';

/** The compiled program, also where this file runs uncompiled. */
const PROGRAM = join(PACKAGE_ROOT, 'dist/src/reaper/main.js');

/**
 * Longest wait for an answer beyond what the call itself may take, in ms: our
 * choice, enough for another reaper process to take the place of one that died.
 */
const ANSWER_TIMEOUT = 10_000;

/** Longest wait for the removal of a folder, or a look through it, in ms: our choice; 100,000 files take some seconds. */
const FOLDER_TIMEOUT = 60_000;

/** Longest wait for the process to end once it is let go, in ms: our choice, more than its longest wait for anything. */
const CLOSE_TIMEOUT = 15_000;

/** Threads of the process that work on the disk at once: our choice, so that one large folder does not hold up others. */
const DISK_THREADS = 8;

const LOST: ProgramEnd = { kind: 'exited', exitCode: null, signal: null };

/** What the log says of the reaper. */
export interface ReaperReports {
  /** `ended`: sessions of dead servers. `means`: by what processes are found and ended. */
  onReady(facts: { readonly pid: number; readonly ended: readonly string[]; readonly means: readonly string[] }): void;
  onNotice(message: string): void;
}

/**
 * Spawns and ends the programs of one server's sessions, by a process of its
 * own: its work holds up no request, and it outlives the server's sudden end.
 *
 * What is asked for while no process runs waits for the next one.
 */
export interface Reaper {
  readonly spawn: SpawnProgram;
  /** Notes down what a session is about to hold. @throws Error of the system, e.g. `ENOSPC` */
  hold(session: string, holding: { readonly folder?: string; readonly port?: number }): Promise<void>;
  /**
   * Nothing more is spawned for the session. When its last program exits, its
   * processes are ended and its folder is removed at once; `reap` and
   * `removeFolder`, by which it is known, then find it done.
   */
  conclude(session: string): void;
  /** The session holds nothing any more. */
  forget(session: string): Promise<void>;
  /** Ends every process of a session. @param timeout in ms @throws Error if some are left then */
  reap(session: string, timeout: number): Promise<void>;
  /** TCP ports on which processes of the session listen; none where the system does not tell. */
  listeningPorts(session: string): Promise<readonly number[]>;
  /** What each session's processes take; empty where the system does not tell. One look serves them all. */
  measureSessions(sessions: readonly string[]): Promise<ReadonlyMap<string, SessionMeasure>>;
  /** Removes a folder and all that is in it. */
  removeFolder(folder: string): Promise<void>;
  readonly measureFolder: MeasureFolder;
  /** Resolves when what earlier servers have left is gone, and programs can be spawned. */
  readonly ready: Promise<void>;
  /**
   * Runs the process until `signal` aborts, then lets it end. To be called
   * again after it has rejected.
   *
   * @throws Error when the process ends by itself or cannot be started; its programs are told as ended then
   */
  run(signal: AbortSignal): Promise<void>;
}

interface PendingCall {
  readonly order: ReaperOrder & { type: 'call' };
  resolve(answer: readonly number[]): void;
  reject(error: Error): void;
}

/**
 * @param projects absolute path of the folder under which sessions have their folders
 * @param secrets names of variables that concern the server alone
 */
export function createReaper(projects: string, reports: ReaperReports, secrets: readonly string[] = []): Reaper {
  const listeners = new Map<number, ProgramListener>();
  const pending = new Map<number, PendingCall>();
  /** Programs that were asked for while no process could take them. */
  let waiting: (ReaperOrder & { type: 'spawn' })[] = [];
  let running: ChildProcess | undefined;
  let serial = 0;
  let becomeReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });

  function send(order: ReaperOrder): void {
    // What is lost with a dying process is told, or asked again, when its end is heard.
    if (running?.connected) running.send(order, () => {});
  }

  function call(asked: ReaperCall, timeout = ANSWER_TIMEOUT): Promise<readonly number[]> {
    const id = ++serial;
    const order: PendingCall['order'] = { type: 'call', id, call: asked };
    const answered = new Promise<readonly number[]>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Expected an answer of the reaper to "${asked.kind}" within ${timeout / 1000} s`)),
        timeout,
      );
      const settle = () => {
        clearTimeout(timer);
        pending.delete(id);
      };
      pending.set(id, {
        order,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
    });
    send(order);
    return answered;
  }

  function hear(report: ReaperReport): void {
    switch (report.type) {
      case 'ready':
        reports.onReady({ pid: running?.pid ?? 0, ended: report.ended, means: report.means });
        becomeReady();
        break;
      case 'spawned':
        listeners.get(report.program)?.onSpawned?.(report.pid);
        break;
      case 'output':
        void listeners.get(report.program)?.onOutput(report.stream, report.chunk);
        break;
      case 'ended':
        endProgram(report.program, report.end);
        break;
      case 'answered':
        pending.get(report.id)?.resolve(report.answer);
        break;
      case 'refused':
        pending.get(report.id)?.reject(Object.assign(new Error(report.message), { code: report.code }));
        break;
      case 'noticed':
        reports.onNotice(report.message);
        break;
    }
  }

  function endProgram(program: number, end: ProgramEnd): void {
    const listener = listeners.get(program);
    listeners.delete(program);
    listener?.onEnded(end);
  }

  /** @throws Error when the process ends before the signal aborts */
  async function run(signal: AbortSignal): Promise<void> {
    const child = fork(PROGRAM, [projects], {
      detached: true,
      env: reaperEnvironment(secrets),
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    child.on('message', hear);
    const ended = child.pid === undefined ? once(child, 'error') : once(child, 'exit');
    let killing: NodeJS.Timeout | undefined;
    const letGo = () => {
      if (child.connected) child.disconnect();
      killing = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT);
    };
    running = child;
    for (const order of waiting) send(order);
    for (const { order } of pending.values()) send(order);
    waiting = [];
    signal.addEventListener('abort', letGo);
    if (signal.aborted) letGo();
    await ended;
    signal.removeEventListener('abort', letGo);
    clearTimeout(killing);
    if (running === child) running = undefined;
    for (const program of [...listeners.keys()]) endProgram(program, LOST);
    if (signal.aborted) return;
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    throw failure ?? new Error(`Expected the reaper to run as long as its server, it ended with ${how}`);
  }

  return {
    spawn(session, command, listener) {
      const program = ++serial;
      const order = { type: 'spawn', program, session, command } as const;
      listeners.set(program, listener);
      if (running?.connected) send(order);
      else waiting.push(order);
      return {
        signal(signal) {
          if (!waiting.includes(order)) return send({ type: 'signal', program, signal });
          // It would be spawned after its end was asked for, and never end.
          waiting = waiting.filter((other) => other !== order);
          queueMicrotask(() => endProgram(program, LOST));
        },
      };
    },
    async hold(session, holding) {
      await call({ kind: 'hold', session, ...holding });
    },
    conclude: (session) => send({ type: 'conclude', session }),
    async forget(session) {
      await call({ kind: 'forget', session });
    },
    async reap(session, timeout) {
      await call({ kind: 'reap', session, timeout }, timeout + ANSWER_TIMEOUT);
    },
    listeningPorts: (session) => call({ kind: 'listeningPorts', session }),
    measureSessions: async (sessions) => readMeasures(sessions, await call({ kind: 'measureSessions', sessions })),
    async removeFolder(folder) {
      await call({ kind: 'removeFolder', folder }, FOLDER_TIMEOUT);
    },
    async measureFolder(folder, bounds) {
      const [bytes = 0, count = 0] = await call({ kind: 'measureFolder', folder, ...bounds }, FOLDER_TIMEOUT);
      return { bytes, count };
    },
    ready,
    run,
  };
}

/** The server's, but for what concerns the server alone. */
function reaperEnvironment(secrets: readonly string[]): NodeJS.ProcessEnv {
  const omitted = ['NODE_OPTIONS', ...secrets];
  const inherited = Object.entries(process.env).filter(([name]) => !omitted.includes(name));
  return { ...Object.fromEntries(inherited), UV_THREADPOOL_SIZE: String(DISK_THREADS) };
}
