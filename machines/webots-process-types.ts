/** What an engine process is given, tells and orders; `webots-process.ts` is its machine. */
import type { End } from './end-reason.ts';

export interface WebotsLaunch {
  /** Identifies the client session; every process of the engine carries it in its environment. */
  readonly sessionId: string;
  /** Absolute path of the project's folder, the working folder of the process. */
  readonly projectFolder: string;
  /** Absolute path of the `.wbt` file. */
  readonly worldPath: string;
  readonly mode: 'scene' | 'mjpeg';
  /** TCP port on which the engine is to listen, 1–65535. */
  readonly port: number;
}

/** Durations in milliseconds. */
export interface WebotsTimings {
  /** Longest wait from launch to readiness. */
  readonly startTimeout: number;
  /** Wait of a sound engine between two of its heartbeats. */
  readonly heartbeat: number;
  /** Longest silence of an engine that was ready. */
  readonly heartbeatTimeout: number;
  /** Wait between SIGTERM and SIGKILL. */
  readonly killGrace: number;
  /** Wait between SIGKILL and giving the process up as unkillable. */
  readonly killTimeout: number;
  /** Longest wait for the proof that the process tree has ended. */
  readonly reapTimeout: number;
}

/**
 * `startTimeout`: our choice, webots-server sets none. `heartbeat`: 5 s, as in
 * webots-server's command line. `heartbeatTimeout`: six beats, our choice,
 * webots-server does not notice. `killGrace`: 5 s, the wait in webots-server
 * `Client.kill_webots`. `killTimeout`, `reapTimeout`: our choices; the kernel
 * needs milliseconds unless a device hangs.
 */
export const WEBOTS_TIMINGS: WebotsTimings = {
  startTimeout: 60_000,
  heartbeat: 5_000,
  heartbeatTimeout: 30_000,
  killGrace: 5_000,
  killTimeout: 5_000,
  reapTimeout: 5_000,
};

/**
 * Heartbeats that an engine may miss before it counts as unresponsive: our
 * choice; a single one is late when a simulation step takes long.
 */
export const BEATS_MISSED = 2;

export type SimulationState = 'paused' | 'running';

/** What the program tells the machine. */
export type ProgramReport =
  | { type: 'program.spawned'; pid: number }
  | { type: 'program.ready' }
  | { type: 'program.beat' }
  | { type: 'program.stateChanged'; state: SimulationState }
  /** `exitCode` is null if a signal ended it or it never ran. `detail` is one line for people. */
  | { type: 'program.exited'; exitCode: number | null; signal: string | null; detail: string; output?: ProgramOutput };

/** The last that a program wrote, of bounded length. */
export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** What the machine tells the program. */
export type ProgramOrder = { type: 'signal'; signal: 'SIGTERM' | 'SIGKILL' };

export interface WebotsOutcome extends End {
  /** Exit status of the program, or null if a signal ended it or it never ran. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Undefined if the program never ran, or has not exited. */
  readonly output?: ProgramOutput;
  /** False if processes of the engine may still run: the system would not end them. */
  readonly reaped: boolean;
}

/** An engine begins to miss heartbeats, or beats again. */
export type HeartbeatChange = { type: 'engine.unresponsive' } | { type: 'engine.responsive' };

/** What whoever leases an engine hears of it. */
export type WebotsEvent =
  | { type: 'engine.spawned' }
  | { type: 'engine.ready'; port: number }
  | { type: 'engine.beat' }
  | HeartbeatChange
  | { type: 'engine.stateChanged'; state: SimulationState };
