import type { Reporter } from 'vitest/node';
import { type Recording, startRecording } from './recording.ts';
import { coverageGaps, coverageTable } from './transitions.ts';

/** Ends a run with how many transitions of each machine its tests took; fails it where that is not all. */
export default class CoverageTable implements Reporter {
  #recording: Recording | undefined;

  onInit(): void {
    this.#recording = startRecording();
  }

  onTestRunEnd(): void {
    const coverages = this.#recording!.coverage();
    const gaps = coverageGaps(coverages);
    if (gaps) process.exitCode = 1;
    process.stdout.write(`\n${gaps}${coverageTable(coverages)}`);
  }
}
