import type { Sequence } from './sequences.ts';
import { PARTIES, type Party, type Recorded } from './tape.ts';

/** Letters of each kind of arrow: with a point, dashed, or broken off. */
const ARROWS = { plain: '->>', answer: '-->>', break: '-x' } as const;

/** A sequence as a sequence diagram of Mermaid. */
export function toMermaid({ title, steps }: Sequence): string {
  const parties = (Object.keys(PARTIES) as Party[]).filter((party) =>
    steps.some(({ from, to }) => from === party || to === party),
  );
  return [
    'sequenceDiagram',
    `  accTitle: ${title}`,
    ...parties.map((party) => `  participant ${party} as ${PARTIES[party]}`),
    ...livingAtFirst(steps).map((party) => `  activate ${party}`),
    ...steps.flatMap(lines),
    '',
  ].join('\n');
}

/** Those whose life ends in the sequence and began before it. */
function livingAtFirst(steps: readonly Recorded[]): Party[] {
  const ended = steps.flatMap(({ ends }) => ends ?? []);
  return ended.filter((party) => !steps.some(({ begins }) => begins === party));
}

function lines({ from, to, text, kind, count, begins, ends }: Recorded): string[] {
  const said = escaped(count === 1 ? text : `${text}, several times`);
  const line = to === undefined ? `Note over ${from}: ${said}` : `${from}${ARROWS[kind ?? 'plain']}${to}: ${said}`;
  return [
    `  ${line}`,
    ...(begins === undefined ? [] : [`  activate ${begins}`]),
    ...(ends === undefined ? [] : [`  deactivate ${ends}`]),
  ];
}

/** A semicolon would end the line; the others would be taken for entities and elements. */
function escaped(text: string): string {
  return text.replace(/[#&;<>]/g, (character) => `#${character.charCodeAt(0)};`);
}
