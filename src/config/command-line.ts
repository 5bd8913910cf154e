import type { LogLevel } from '../log.ts';

export interface RunCommand {
  readonly kind: 'run';
  readonly role: 'session' | 'simulation' | 'all';
  /** A file, or the name of one or two files in the package's `config` folder. */
  readonly config?: string;
  /** TCP port, 1–65535, instead of the configuration's; never with role `all`. */
  readonly port?: number;
  readonly logLevel?: LogLevel;
}

export type CommandLine = RunCommand | { readonly kind: 'help' } | { readonly kind: 'version' };

/** @throws AppError `commandLineInvalid` */
export function parseCommandLine(_argv: readonly string[]): CommandLine {
  throw new Error('not written yet');
}
