import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a session leaves on the machine that runs it while it lasts. */
export interface Traces {
  /** Of the processes that belong to sessions: process id, session id, command line. */
  readonly processes: readonly MarkedProcess[];
  /** Names of the folders of running sessions. */
  readonly folders: readonly string[];
}

export interface MarkedProcess {
  readonly pid: number;
  readonly session: string;
  readonly command: readonly string[];
}

/** The environment variable that every process of a session carries, with the session's id. */
const MARK = 'WEBOTS_HUB_SESSION=';

/** Whether traces can be looked for: Linux has `/proc`. */
export const canSeeProcesses = process.platform === 'linux';

/** Whether `url` names this machine. */
export function isThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Reads the traces of all sessions of our user on this machine. */
export async function readTraces(): Promise<Traces> {
  const pids = (await list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = await Promise.all(pids.map(readProcess));
  return {
    processes: processes.filter((process) => process !== undefined),
    folders: await list(join(tmpdir(), 'webots-hub', 'instances')),
  };
}

/** The id of the session whose engine was told to listen on `port`. */
export function sessionOnPort({ processes }: Traces, port: number): string | undefined {
  return processes.find(({ command }) => command.includes(`--port=${port}`))?.session;
}

/** What of `traces` belongs to the session `id`. */
export function tracesOf(id: string, { processes, folders }: Traces): Traces {
  return {
    processes: processes.filter(({ session }) => session === id),
    folders: folders.filter((folder) => folder === id),
  };
}

async function readProcess(pid: number): Promise<MarkedProcess | undefined> {
  const variables = await readStrings(`/proc/${pid}/environ`);
  const mark = variables.find((variable) => variable.startsWith(MARK));
  if (mark === undefined) return undefined;
  return { pid, session: mark.slice(MARK.length), command: await readStrings(`/proc/${pid}/cmdline`) };
}

async function readStrings(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\0');
  } catch {
    // The process has ended meanwhile, or is another user's: then it is none of ours.
    return [];
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    // A folder that is not there holds nothing.
    return [];
  }
}
