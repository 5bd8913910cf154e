import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** Environment variable that every process of a client session carries; its value is the session's id. */
export const SESSION_MARK = 'WEBOTS_HUB_SESSION';

interface ProcessStatus {
  /** One letter of proc(5), e.g. `Z` for a zombie. */
  readonly state: string;
  readonly group: number;
  /** Clock ticks from the machine's start to the process's. */
  readonly startTime: number;
}

/** False where there is no Linux `/proc`: then only process groups can be watched. */
export const hasProcessTable = process.platform === 'linux';

/** Processes that are looked at before others get their turn, at about 0.1 ms each at worst: our choice. */
const LOOKS_PER_TURN = 16;

interface ProcessEntry {
  readonly pid: number;
  readonly group: number;
  /** Value of `SESSION_MARK` in its environment; undefined if it has none, or is another user's. */
  readonly sessionId: string | undefined;
}

/** A look that has not begun yet: all who ask until then share it. */
let nextLook: Promise<readonly ProcessEntry[]> | undefined;
let lastLook: Promise<unknown> = Promise.resolve();

/**
 * The processes of our user that belong to a session: those in the process
 * group `group`, and those that carry the session's mark. Zombies do not count.
 *
 * Reads `/proc` after it was called, once for all who ask at the same time.
 * Where there is no `/proc`, the list is empty.
 */
export async function sessionProcesses(sessionId: string, group: number | undefined): Promise<number[]> {
  if (!hasProcessTable) return [];
  if (!nextLook) {
    nextLook = lastLook.then(() => {
      nextLook = undefined;
      return readProcessTable();
    });
    // Whether one look fails does not concern the next one.
    lastLook = nextLook.catch(() => undefined);
  }
  const table = await nextLook;
  return table.filter((entry) => entry.group === group || entry.sessionId === sessionId).map(({ pid }) => pid);
}

async function readProcessTable(): Promise<ProcessEntry[]> {
  const table: ProcessEntry[] = [];
  const ownStartTime = processStatus(process.pid)?.startTime ?? 0;
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  for (const [index, pid] of pids.entries()) {
    if (index % LOOKS_PER_TURN === LOOKS_PER_TURN - 1) await setImmediate();
    const status = processStatus(pid);
    if (!status || status.state === 'Z' || status.state === 'X') continue;
    // What is older than this program belongs to none of its sessions.
    if (status.startTime >= ownStartTime) table.push({ pid, group: status.group, sessionId: markOf(pid) });
  }
  return table;
}

function processStatus(pid: number): ProcessStatus | undefined {
  const text = readProcess(pid, 'stat');
  if (text === undefined) return undefined;
  // The name in parentheses may itself hold parentheses and spaces: the fields begin after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startTime: Number(fields[19]) };
}

function markOf(pid: number): string | undefined {
  const prefix = `${SESSION_MARK}=`;
  const variables = readProcess(pid, 'environ')?.split('\0');
  return variables?.find((variable) => variable.startsWith(prefix))?.slice(prefix.length);
}

/** Undefined if the process is gone or another user's. */
function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
