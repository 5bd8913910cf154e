import { toMermaid as actorsToMermaid } from '../actors/drawings.ts';
import { toMermaid as sequenceToMermaid } from '../sequences/mermaid.ts';
import type { Recording } from '../sequences/record.ts';
import { exportCharts } from '../statecharts/export.ts';
import type { ShownMachine } from '../statecharts/machines.ts';
import { toReadme } from './readme.ts';

/** Everything that `visualizations/` holds: contents by file names. */
export async function exportAll(
  machines: readonly ShownMachine[],
  recording: Recording,
): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...(await exportCharts(machines)),
    ['actors.mmd', actorsToMermaid(recording.actors)],
    ...recording.sequences.map((sequence) => [`sequence-${sequence.name}.mmd`, sequenceToMermaid(sequence)] as const),
    ['README.md', toReadme(machines, recording)],
  ]);
}
