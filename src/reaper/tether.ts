import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

/** Program of util-linux that has the kernel end what it becomes, when the parent dies: PR_SET_PDEATHSIG of prctl(2). */
const TETHER = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/** Where that program is looked for: the reaper has no PATH of its own. */
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/** Longest wait for the trial, in ms: our choice, a hundred times what it takes. */
const TRIAL_TIMEOUT = 2_000;

/** The words that go before a program's own, so that the program dies with this process; none where this system has no such means. */
export async function findTether(): Promise<readonly string[]> {
  const [name, ...words] = TETHER;
  const program = SYSTEM_FOLDERS.map((folder) => join(folder, name)).find(isProgram);
  if (program === undefined) return [];
  try {
    await promisify(execFile)(program, [...words, '/bin/true'], { timeout: TRIAL_TIMEOUT });
    return [program, ...words];
  } catch {
    // An older one, without this option.
    return [];
  }
}

/** Whether a program can be tethered: what cannot be run is to fail as it does by itself. */
export function canBeTethered(program: string): boolean {
  return isAbsolute(program) && isProgram(program);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
