import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Environment variable that every process of a client session carries; its value is the session's id. */
export const SESSION_MARK = 'WEBOTS_HUB_SESSION';

/** A process, and the moment of its start: numbers alone are given again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the machine's start to the process's; 0 where the system does not tell. */
  readonly startTime: number;
}

export interface ProcessEntry extends ProcessIdentity {
  readonly group: number;
  /** Clock ticks in which it and those of its children that have ended and were waited for had a processor. */
  readonly cpuTicks: number;
  /** Value of `SESSION_MARK` in its environment, read when it is first asked for. */
  mark(): string | undefined;
}

/** By what the processes of a session are known. */
export interface SessionTraces {
  /** Value of their mark. */
  readonly session: string;
  /** Process groups that were given to the session. */
  readonly groups: ReadonlySet<number>;
  /** Start of the server that serves the session, in clock ticks from the machine's: what is older is not the session's. */
  readonly since: number;
}

/** False where there is no Linux `/proc`: then only process groups can be watched. */
export const hasProcessTable = process.platform === 'linux';

/** Processes that are looked at before others get their turn, at about 0.03 ms each: our choice. */
const LOOKS_PER_TURN = 64;

/** Longest `stat` of proc(5) in bytes: 52 numbers and a name of 16 bytes stay below half of it. */
const STAT_SIZE = 2_048;
const stat = Buffer.allocUnsafe(STAT_SIZE);

/** Flag of the kernel's own threads in `stat` of proc(5): PF_KTHREAD. */
const KERNEL_THREAD = 0x00200000;

/** Codes of the system for a process that has ended. */
const GONE = ['ENOENT', 'ESRCH'];

/** Number of the process that starts the kernel's threads, outside containers. */
const KERNELS_PARENT = 2;

/** A look that has not begun yet: all who ask until then share it. */
let nextLook: Promise<readonly ProcessEntry[]> | undefined;
let lastLook: Promise<unknown> = Promise.resolve();

/**
 * The processes of our user that belong to a session: those in its process
 * groups, and those that carry its mark. Zombies do not count.
 *
 * Reads `/proc` after it was called, once for all who ask at the same time.
 * Where there is no `/proc`, the list is empty.
 */
export async function sessionProcesses(traces: SessionTraces): Promise<number[]> {
  return (await sessionEntries(traces)).map(({ pid }) => pid);
}

/** The same with what the table says of them. */
export async function sessionEntries({ session, groups, since }: SessionTraces): Promise<ProcessEntry[]> {
  const table = await processTable();
  return table.filter((entry) => entry.startTime >= since && (groups.has(entry.group) || entry.mark() === session));
}

/** Number of processes of a group that run; where there is no `/proc`, 1 for want of a better answer. */
export async function liveGroupMembers(group: number): Promise<number> {
  if (!hasProcessTable) return 1;
  return (await processTable()).filter((entry) => entry.group === group).length;
}

/** The process that has this number now, or undefined. A zombie is none. */
export function findProcess(pid: number): ProcessIdentity | undefined {
  try {
    const status = processStatus(pid);
    return status && !status.isDead ? { pid, startTime: status.startTime } : undefined;
  } catch {
    // What cannot be looked at is nothing that one may touch.
    return undefined;
  }
}

/** Whether a process still runs, and its number is not somebody else's by now. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return findProcess(pid)?.startTime === startTime;
}

function processTable(): Promise<readonly ProcessEntry[]> {
  if (!hasProcessTable) return Promise.resolve([]);
  if (!nextLook) {
    nextLook = lastLook.then(() => {
      nextLook = undefined;
      return readProcessTable();
    });
    // Whether one look fails does not concern the next one.
    lastLook = nextLook.catch(() => undefined);
  }
  return nextLook;
}

async function readProcessTable(): Promise<ProcessEntry[]> {
  const table: ProcessEntry[] = [];
  const kernelThreads = readKernelThreads();
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && !kernelThreads.has(pid));
  for (const [index, pid] of pids.entries()) {
    if (index % LOOKS_PER_TURN === LOOKS_PER_TURN - 1) await setImmediate();
    const status = processStatus(pid);
    if (!status || status.isDead || status.isKernels) continue;
    let mark: { readonly value: string | undefined } | undefined;
    table.push({
      pid,
      group: status.group,
      cpuTicks: status.cpuTicks,
      startTime: status.startTime,
      mark: () => {
        mark ??= { value: markOf(pid) };
        return mark.value;
      },
    });
  }
  return table;
}

/**
 * Threads of the kernel, by one look, where the system tells: they are most of
 * a machine's processes, and nobody's. What is missed here is looked at by itself.
 */
function readKernelThreads(): ReadonlySet<number> {
  if (processStatus(KERNELS_PARENT)?.isKernels !== true) return new Set();
  try {
    const children = readFileSync(`/proc/${KERNELS_PARENT}/task/${KERNELS_PARENT}/children`, 'latin1');
    return new Set(children.split(' ').map(Number));
  } catch {
    return new Set();
  }
}

interface ProcessStatus {
  /** It is a zombie: ended, but its parent has not heard of it. */
  readonly isDead: boolean;
  /** It is a thread of the kernel. */
  readonly isKernels: boolean;
  readonly group: number;
  readonly cpuTicks: number;
  readonly startTime: number;
}

function processStatus(pid: number): ProcessStatus | undefined {
  const text = readStat(pid);
  if (text === undefined) return undefined;
  // The name in parentheses may itself hold parentheses and spaces: the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
  const [state] = fields;
  return {
    isDead: state === 'Z' || state === 'X',
    isKernels: (Number(fields[6]) & KERNEL_THREAD) !== 0,
    group: Number(fields[2]),
    // utime, stime, cutime and cstime.
    cpuTicks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
    startTime: Number(fields[19]),
  };
}

function readStat(pid: number): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
    return stat.toString('latin1', 0, readSync(file, stat, 0, STAT_SIZE, null));
  } catch (error) {
    // It is gone; what else went wrong must not be taken for that.
    if (!hasCode(error, GONE)) throw error;
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

function markOf(pid: number): string | undefined {
  const prefix = `${SESSION_MARK}=`;
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return variables.find((variable) => variable.startsWith(prefix))?.slice(prefix.length);
  } catch (error) {
    // It is gone, or another user's.
    if (!hasCode(error, [...GONE, 'EACCES', 'EPERM'])) throw error;
    return undefined;
  }
}
