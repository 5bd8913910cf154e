import { readdirSync, readFileSync } from 'node:fs';

/** Environment variable that every process of a client session carries; its value is the session's id. */
export const SESSION_MARK = 'WEBOTS_HUB_SESSION';

interface ProcessStatus {
  /** One letter of proc(5), e.g. `Z` for a zombie. */
  readonly state: string;
  readonly group: number;
}

/** False where there is no Linux `/proc`: then only process groups can be watched. */
export const hasProcessTable = process.platform === 'linux';

/**
 * The processes of our user that belong to a session: those in the process
 * group `group`, and those that carry the session's mark. Zombies do not count.
 *
 * Reads `/proc`: about 10 µs a process of the machine. Where there is no `/proc`, the list is empty.
 */
export function sessionProcesses(sessionId: string, group: number | undefined): number[] {
  if (!hasProcessTable) return [];
  const mark = `${SESSION_MARK}=${sessionId}`;
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      const status = processStatus(pid);
      if (!status || status.state === 'Z' || status.state === 'X') return false;
      return status.group === group || carriesMark(pid, mark);
    });
}

function processStatus(pid: number): ProcessStatus | undefined {
  const text = readProcess(pid, 'stat');
  if (text === undefined) return undefined;
  // The name in parentheses may itself hold parentheses and spaces: the fields begin after the last one.
  const [state = '', , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, group: Number(group) };
}

function carriesMark(pid: number, mark: string): boolean {
  return readProcess(pid, 'environ')?.split('\0').includes(mark) ?? false;
}

/** Undefined if the process is gone or another user's. */
function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}
