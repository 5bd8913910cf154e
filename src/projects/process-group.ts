import type { ProgramEnd, SpawnProgram } from '../reaper/program.ts';

/** Time from SIGTERM to SIGKILL for a group that is told to end, in ms; our choice: git removes its locks in a few. */
const KILL_GRACE = 1_000;

/** Most of the standard output that is kept, in bytes; our choice, more than any answer that is asked for. */
export const MAX_OUTPUT = 16 * 1024 * 1024;

/** Most of the standard error that is kept, in characters from its end; our choice. */
const MAX_ERRORS = 16 * 1024;

export interface GroupCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly session: string;
  readonly spawn: SpawnProgram;
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
  const { program, args, env, cwd, session, spawn, signal, onErrorLine = () => undefined } = command;
  signal.throwIfAborted();
  const overflow = new AbortController();
  const output = collectOutput(() => overflow.abort(new RangeError(`Expected at most ${MAX_OUTPUT} bytes`)));
  const errors = collectErrors(onErrorLine);
  const ending = AbortSignal.any([signal, overflow.signal]);
  let stopEnding = () => {};

  const end = await new Promise<ProgramEnd>((resolve) => {
    const spawned = spawn(
      session,
      { program, arguments: args, environment: env, folder: cwd },
      {
        onOutput: (stream, chunk) => (stream === 'stdout' ? output.add(chunk) : errors.add(chunk)),
        onEnded: resolve,
      },
    );
    stopEnding = endOnAbort(spawned.signal, ending);
  });
  stopEnding();
  ending.throwIfAborted();
  if (end.kind === 'failed') throw Object.assign(new Error(end.message), { code: end.code });
  // Whoever watched it has ended first, and nobody knows how it went.
  if (end.exitCode === null && end.signal === null) throw new Error(`Expected to hear how ${program} ended, lost it`);
  return { status: end.exitCode, output: output.whole(), errors: errors.last() };
}

/** Orders SIGTERM when the signal aborts, and SIGKILL after the grace. @returns takes it back */
function endOnAbort(order: (signal: NodeJS.Signals) => void, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    order('SIGTERM');
    timer = setTimeout(() => order('SIGKILL'), KILL_GRACE);
  };
  signal.addEventListener('abort', end, { once: true });
  return () => {
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
  };
}

function collectOutput(onOverflow: () => void) {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add(chunk: Buffer): void {
      size += chunk.length;
      if (size <= MAX_OUTPUT) chunks.push(chunk);
      else onOverflow();
    },
    whole: () => Buffer.concat(chunks),
  };
}

function collectErrors(onLine: (line: string) => void) {
  const decoder = new TextDecoder();
  let kept = '';
  let line = '';
  return {
    add(bytes: Buffer): void {
      const chunk = decoder.decode(bytes, { stream: true });
      kept = (kept + chunk).slice(-MAX_ERRORS);
      const lines = (line + chunk).split(/[\r\n]+/);
      line = lines.pop()!.slice(-MAX_ERRORS);
      for (const complete of lines) onLine(complete);
    },
    last: () => kept,
  };
}
