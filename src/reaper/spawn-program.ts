import { type ChildProcess, spawn } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { liveGroupMembers, SESSION_MARK } from './process-table.ts';
import type { ProgramCommand, ProgramListener, SpawnedProgram, SpawnProgram } from './program.ts';
import { relayOutput } from './relay-output.ts';
import { signalProcess } from './signal-process.ts';
import { canBeTethered } from './tether.ts';

/**
 * Wait after a program's exit for output that it wrote just before, in ms: our
 * choice. A process that it leaves behind may hold the pipe open for ever.
 */
const OUTPUT_GRACE = 300;

/** Longest wait for a killed group, in ms: a process can hang in the kernel, as on a lost network disk; our choice. */
const GROUP_WAIT = 10_000;

/** Pause between two looks at a group that has yet to end, in ms; our choice. */
const GROUP_POLL = 5;

/**
 * How much nicer programs are than this process, in steps of nice(2): our choice. While simulations take all
 * processors, the servers still answer; among each other, simulations share as before.
 */
const NICENESS = 10;

/** The nicest that a process can be, by nice(2). */
const NICEST = 19;

const STREAMS = ['stdout', 'stderr'] as const;

/** Spawns programs as children of this process, see `programSpawner`. */
export const spawnProgram = programSpawner([]);

/**
 * Spawns programs as children of this process, their environment marked with
 * the session; what is left of a program's group at its exit is killed. Never
 * throws.
 *
 * @param tether words that go before those of a program, see `findTether`
 */
export function programSpawner(tether: readonly string[]): SpawnProgram {
  return (session, command, listener) => spawnTethered(tether, session, command, listener);
}

function spawnTethered(
  tether: readonly string[],
  session: string,
  command: ProgramCommand,
  listener: ProgramListener,
): SpawnedProgram {
  const words = [...(canBeTethered(command.program) ? tether : []), command.program, ...command.arguments];
  const fail = ({ code, message }: NodeJS.ErrnoException) => listener.onEnded({ kind: 'failed', code, message });
  let subprocess: ChildProcess;
  try {
    subprocess = spawn(words[0]!, words.slice(1), {
      cwd: command.folder,
      env: { ...command.environment, [SESSION_MARK]: session },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    // Node throws some of the system's errors, and tells others by an event.
    queueMicrotask(() => fail(error as NodeJS.ErrnoException));
    return { signal: () => {} };
  }
  subprocess.on('error', (error) => {
    if (subprocess.pid === undefined) fail(error);
  });
  const { pid, stdout, stderr } = subprocess;
  if (pid === undefined || !stdout || !stderr) return { signal: () => {} };

  let hasExited = false;
  giveWay(pid);
  listener.onSpawned?.(pid);
  const streams = { stdout, stderr };
  const relays = STREAMS.map((name) => relayOutput(streams[name], (chunk) => listener.onOutput(name, chunk)));
  subprocess.once('exit', (exitCode: number | null, signal: NodeJS.Signals | null) => {
    hasExited = true;
    listener.onExited?.();
    void afterExit(pid, streams, relays).then(() => listener.onEnded({ kind: 'exited', exitCode, signal }));
  });
  return {
    signal(signal) {
      // The number of a group that is gone may be somebody else's.
      if (!hasExited) signalProcess(-pid, signal);
    },
  };
}

/** Lets a program just spawned, and what it spawns, have the processors after this process. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, Math.min(getPriority() + NICENESS, NICEST));
  } catch {
    // It has exited already, or the system knows no niceness: it runs, or ran, as this process does.
  }
}

async function afterExit(
  group: number,
  streams: Record<(typeof STREAMS)[number], Readable>,
  relays: readonly Promise<void>[],
): Promise<void> {
  // What the table did not show then is ended with the session.
  await endGroup(group).catch(() => {});
  const timer = new AbortController();
  const grace = delay(OUTPUT_GRACE, undefined, { signal: timer.signal }).catch(() => {
    // All was read within the grace.
  });
  await Promise.race([Promise.all(relays), grace]);
  timer.abort();
  for (const name of STREAMS) streams[name].destroy();
}

/** Kills what is left of a group whose leader has ended, and waits until it is gone; zombies count as gone. */
async function endGroup(group: number): Promise<void> {
  const deadline = performance.now() + GROUP_WAIT;
  while (signalProcess(-group, 'SIGKILL') && (await liveGroupMembers(group)) > 0 && performance.now() < deadline) {
    await delay(GROUP_POLL);
  }
}
