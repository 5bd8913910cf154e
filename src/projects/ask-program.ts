import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How long a program may take, in ms, where it is asked, and of what environment: by default this program's. */
export interface AskOptions {
  readonly timeout: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What a program has said. */
export interface ProgramAnswer {
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it ended otherwise than with the status 0, or could not be started. */
  readonly isFailed: boolean;
  /** Whether there is no such program. */
  readonly isMissing: boolean;
}

const run = promisify(execFile);

/** Runs a program that says something and ends; one that takes longer is killed. */
export async function askProgram(
  program: string,
  args: readonly string[],
  { timeout, cwd, env = process.env }: AskOptions,
): Promise<ProgramAnswer> {
  try {
    const answer = await run(program, args, { timeout, cwd, env, killSignal: 'SIGKILL' });
    return { ...answer, isFailed: false, isMissing: false };
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown };
    return { stdout, stderr, isFailed: true, isMissing: code === 'ENOENT' };
  }
}
