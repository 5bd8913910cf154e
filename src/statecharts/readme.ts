import { type ChartState, type ChartTransition, statesOf } from './chart.ts';
import type { ShownMachine } from './machines.ts';
import { toMermaid } from './mermaid.ts';

const INTRODUCTION = `## The machines

Each machine is one file in [machines](../machines), where its actors and actions are named and left open; \`src/\` provides them.
A box within a box is a state within a state. A transition reads *event [condition] / actions*; \`after\` is a wait, with its default; *x done* and *x failed* are the ends of the actor x that the state runs.
Beside each chart there are a drawing (SVG) and the machine as JSON, which [Stately Studio](https://stately.ai/docs/import-from-code) takes.
Every transition that is drawn here was taken by a test: \`npm test\` fails where one was not, and names it. Along the shortest paths to the states of \`clientSession\` and \`webotsProcess\`, tests lead the running program.
`;

/** The part of the read-me that shows the machines. */
export function chartSections(machines: readonly ShownMachine[]): string {
  const list = machines.map(
    ({ chart, file }) => `- [${chart.id}](${chartLink(chart.id)}) – \`${file}.ts\`: ${chart.description}`,
  );
  return [INTRODUCTION, `${list.join('\n')}\n`, ...machines.map(section)].join('\n');
}

/** Where the read-me shows the chart of a machine. */
export function chartLink(machine: string): string {
  return `#${machine.toLowerCase()}`;
}

function section({ chart, file }: ShownMachine): string {
  return [
    `### ${chart.id}`,
    '',
    chart.description,
    '',
    `[Drawing](${file}.svg) · [JSON](${file}.json) · [Mermaid](${file}.mmd) · [source](../machines/${file}.ts)`,
    '',
    '```mermaid',
    `${toMermaid(chart)}\`\`\``,
    '',
    '| state | what it means | what may happen |',
    '| --- | --- | --- |',
    ...statesOf(chart.root)
      .filter(({ path, transitions }) => path !== '' || transitions.length > 0)
      .map(row),
    '',
  ].join('\n');
}

function row(state: ChartState): string {
  const name = state.path === '' ? 'in any state' : `\`${state.path}\``;
  const moves = state.transitions.map((transition) => cell(move(transition)));
  const actors = state.invoked.length === 0 ? '' : ` Runs ${state.invoked.map((actor) => `\`${actor}\``).join(', ')}.`;
  const what = state.path === '' ? '' : `${state.description}${actors}`;
  return `| ${name} | ${cell(what)} | ${moves.join('<br>')} |`;
}

function move({ trigger, guard, target }: ChartTransition): string {
  const condition = guard === undefined ? '' : ` if ${guard}`;
  return `${trigger}${condition}${target === undefined ? '' : ` → \`${target}\``}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
