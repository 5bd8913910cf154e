import type { ShownMachine } from './machines.ts';
import { toMermaid } from './mermaid.ts';
import { toSvg } from './svg.ts';

/** Each machine as Mermaid, as a drawing and as JSON: contents by file names. */
export async function exportCharts(machines: readonly ShownMachine[]): Promise<ReadonlyMap<string, string>> {
  const files = await Promise.all(
    machines.map(async ({ file, chart, machine }) => [
      [`${file}.mmd`, toMermaid(chart)] as const,
      [`${file}.svg`, await toSvg(chart)] as const,
      [`${file}.json`, toJson(machine.config)] as const,
    ]),
  );
  return new Map(files.flat());
}

/** A machine's configuration without its functions: guards, actions, actors and delays by their names. */
function toJson(config: unknown): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}
