/** A program to spawn; never goes through a shell. */
export interface ProgramCommand {
  /** Path, or a name that is looked for in the `PATH` of `environment`. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** The whole environment, but for the mark of the session, which is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute path of the working folder. */
  readonly folder: string;
}

/** The last that is heard of a program. */
export type ProgramEnd =
  /** `exitCode` is null if a signal ended it. No process of its group is left, unless the system would not end it. */
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }
  /** It was never spawned. `code` is the system's, e.g. `ENOENT`. */
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };

export interface ProgramListener {
  onSpawned?(pid: number): void;
  /** Nothing more of the stream is read until what is returned has resolved. */
  onOutput(stream: 'stdout' | 'stderr', chunk: Buffer): void | Promise<void>;
  /** Called when the program, once spawned, has exited; more of what it wrote may still come. */
  onExited?(): void;
  /** Called once, after what the program wrote has been heard. */
  onEnded(end: ProgramEnd): void;
}

export interface SpawnedProgram {
  /** Signals the whole process group; nothing happens once the program has exited. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Spawns a program in a process group and session of its own, without input.
 *
 * @param session the session to which its processes belong
 */
export type SpawnProgram = (session: string, command: ProgramCommand, listener: ProgramListener) => SpawnedProgram;
