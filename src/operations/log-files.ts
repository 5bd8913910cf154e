import { join, resolve } from 'node:path';
import type { LogFile } from '../log.ts';
import { createRotatedFile, type RotatedFile } from './rotated-file.ts';

/** Bytes in a log file, and older ones that are kept: 500 kB × 10, as in webots-server. */
const MOST_LOG_BYTES = 500_000;
const OLDER_LOGS = 10;

/** Bytes in a file of loads: our choice; at 100 bytes a second, eleven of them hold six days. */
const MOST_LOAD_BYTES = 5_000_000;
const OLDER_LOADS = 10;

export interface LogConfig {
  readonly logDir: string;
  /** Whether standard output takes the place of the file. */
  readonly debug: boolean;
}

/** `<logDir>/<role>/output.log`; undefined where lines go to standard output instead. */
export function roleLogFile(role: 'session' | 'simulation', { logDir, debug }: LogConfig): LogFile | undefined {
  if (debug) return undefined;
  return createRotatedFile({
    path: join(resolve(logDir), role, 'output.log'),
    mostBytes: MOST_LOG_BYTES,
    older: OLDER_LOGS,
  });
}

/** `<logDir>/simulation/monitor.csv`. @param header its first line */
export function loadLogFile(logDir: string, header: string): RotatedFile {
  return createRotatedFile({
    path: join(resolve(logDir), 'simulation', 'monitor.csv'),
    mostBytes: MOST_LOAD_BYTES,
    older: OLDER_LOADS,
    header,
  });
}
