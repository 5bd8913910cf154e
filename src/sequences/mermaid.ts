import type { Sequence } from './sequences.ts';
import { PARTIES, type Party, type Recorded } from './tape.ts';

/** Characters of a line of text, of which several stand above an arrow: our choice, so that texts keep to their arrows. */
const LINE_LENGTH = 48;

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

function lines({ from, to, text, kind, count, isOften, begins, ends }: Recorded): string[] {
  const said = wrapped(count > 1 || isOften ? `${text}, several times` : text)
    .map(escaped)
    .join('<br/>');
  const line = to === undefined ? `Note over ${from}: ${said}` : `${from}${ARROWS[kind ?? 'plain']}${to}: ${said}`;
  return [
    `  ${line}`,
    ...(begins === undefined ? [] : [`  activate ${begins}`]),
    ...(ends === undefined ? [] : [`  deactivate ${ends}`]),
  ];
}

/** A text in lines that end after a space or, as in URLs, a slash. */
function wrapped(text: string): string[] {
  const lines: string[] = [''];
  for (const part of text.split(/(?<=[ /])/)) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + part.trimEnd().length > LINE_LENGTH) lines.push(part);
    else lines[lines.length - 1] = line + part;
  }
  return lines.map((line) => line.trim());
}

/** A semicolon would end the line; the others would be taken for entities and elements. */
function escaped(text: string): string {
  return text.replace(/[#&;<>]/g, (character) => `#${character.charCodeAt(0)};`);
}
