import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnTurn } from '../spawn-turn.ts';

/** Time from SIGTERM to SIGKILL for a group that is told to end, in ms; our choice: git removes its locks in a few. */
export const KILL_GRACE = 1_000;

/** Pause between two looks at a group that has yet to end, in ms; our choice. */
const GROUP_POLL = 5;

/** Longest wait for a killed group, in ms: a process can hang in the kernel, as on a lost network disk; our choice. */
const GROUP_WAIT = 10_000;

/** Most of the standard output that is kept, in bytes; our choice, more than any answer that is asked for. */
export const MAX_OUTPUT = 16 * 1024 * 1024;

/** Most of the standard error that is kept, in bytes from its end; our choice. */
const MAX_ERRORS = 16 * 1024;

export interface GroupCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Ends the group: SIGTERM, and SIGKILL after {@link KILL_GRACE}. */
  readonly signal: AbortSignal;
  /** Hears every line of the standard error; a carriage return ends a line, too. */
  readonly onErrorLine?: (line: string) => void;
}

export interface GroupResult {
  /** Exit status; null when a signal ended the program. */
  readonly status: number | null;
  readonly output: Buffer;
  /** The end of the standard error. */
  readonly errors: string;
}

/**
 * Runs a program in a process group and session of its own, without a terminal.
 *
 * Settles only when no process of the group is left. Rejects with the signal's reason when aborted, with the system's
 * error when the program cannot be started, with a RangeError when it writes more than {@link MAX_OUTPUT}.
 */
export async function runGroup(command: GroupCommand): Promise<GroupResult> {
  const { program, args, env, cwd, signal, onErrorLine = () => undefined } = command;
  await spawnTurn();
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  if (child.pid === undefined) {
    await closed;
    throw new Error(`Expected ${program} to start`);
  }

  const overflow = new AbortController();
  const ending = AbortSignal.any([signal, overflow.signal]);
  const output = collectOutput(child, () => overflow.abort(new RangeError(`Expected at most ${MAX_OUTPUT} bytes`)));
  const errors = collectErrors(child, onErrorLine);
  const stopEnding = endOnAbort(child, ending);
  try {
    await once(child, 'exit');
    await endGroup(child.pid);
    const [status] = await closed;
    ending.throwIfAborted();
    return { status, output: Buffer.concat(output), errors: errors() };
  } finally {
    stopEnding();
  }
}

/** Sends SIGTERM to the child's group when the signal aborts, and SIGKILL after the grace. */
function endOnAbort(child: ChildProcess, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child.pid!, 'SIGTERM');
    timer = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), KILL_GRACE);
  };
  signal.addEventListener('abort', end, { once: true });
  child.once('exit', stop);
  return stop;

  function stop(): void {
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
  }
}

/** Kills what is left of a group whose leader has ended, and waits until it is gone. */
async function endGroup(group: number): Promise<void> {
  const deadline = performance.now() + GROUP_WAIT;
  while (signalGroup(group, 'SIGKILL') && (await hasLiveMember(group)) && performance.now() < deadline) {
    await delay(GROUP_POLL);
  }
}

/** @returns whether there is such a group; its members may be zombies */
function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    // ESRCH: the group is gone. EPERM: its number now belongs to somebody else's group.
    return false;
  }
}

/** Whether a process of the group still runs; zombies that nobody collects do not count. */
async function hasLiveMember(group: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // A process that ends between the listing and the reading is not alive.
    const stat = await readFile(`/proc/${entry}/stat`, 'latin1').catch(() => '');
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(processGroup) === group && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}

function collectOutput(child: ChildProcess, onOverflow: () => void): Buffer[] {
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout!.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT) chunks.push(chunk);
    else onOverflow();
  });
  return chunks;
}

function collectErrors(child: ChildProcess, onLine: (line: string) => void): () => string {
  let kept = '';
  let line = '';
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    kept = (kept + chunk).slice(-MAX_ERRORS);
    const lines = (line + chunk).split(/[\r\n]+/);
    line = lines.pop()!.slice(-MAX_ERRORS);
    for (const complete of lines) onLine(complete);
  });
  return () => kept;
}
