import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHOWN_MACHINES } from '../../src/statecharts/machines.ts';
import { TRANSITIONS_FOLDER } from '../fixtures/transition-recorder.mjs';
import { type Coverage, coverageOf } from './transitions.ts';

/** The transitions that tests take from now on, and the programs that they start. */
export interface Recording {
  /** What was taken so far. */
  coverage(): readonly Coverage[];
}

/**
 * Has every process that is started from now on write down the transitions that it takes. What they write is removed
 * when this process ends.
 */
export function startRecording(): Recording {
  const folder = mkdtempSync(join(tmpdir(), 'transitions-'));
  // Some tests have programs run by another user.
  chmodSync(folder, 0o777);
  process.env[TRANSITIONS_FOLDER] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    coverage() {
      const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
      const taken = new Set(lines);
      return SHOWN_MACHINES.map((machine) => coverageOf(machine, taken));
    },
  };
}
