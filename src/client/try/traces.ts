import { readdir, readFile } from 'node:fs/promises';

/** A process that belongs to a session. */
export interface MarkedProcess {
  readonly pid: number;
  /** The session's id. */
  readonly session: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
}

/** An engine that is told from others by its port. */
export interface EngineTraces {
  /** The id of its session. */
  readonly session: string;
  /** Absolute path of the session's folder; undefined where the engine's command line does not tell it. */
  readonly folder: string | undefined;
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

/** The processes of our user that belong to sessions. */
export async function markedProcesses(): Promise<MarkedProcess[]> {
  const pids = (await list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return (await Promise.all(pids.map(readProcess))).filter((process) => process !== undefined);
}

/** The engine that was told to listen on `port`. */
export function engineOnPort(processes: readonly MarkedProcess[], port: number): EngineTraces | undefined {
  const engine = processes.find(({ command }) => command.includes(`--port=${port}`));
  if (engine === undefined) return undefined;
  const { session, command } = engine;
  // The world is named by its absolute path, in the folder that is named after the session.
  const world = command.find((argument) => argument.startsWith('/') && argument.includes(`/${session}/`));
  const folder = world?.slice(0, world.indexOf(`/${session}/`) + session.length + 1);
  return { session, folder };
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
