import type { Chart, ChartState } from './chart.ts';
import { statesOf } from './chart.ts';
import { edgeLabel } from './mermaid.ts';

/** Longest line of a label in characters: our choice, so that boxes stay narrow. */
const LINE = 34;

/**
 * A chart in the language of Graphviz: nested states are nested boxes, and
 * what a state that has others may do at any time leaves from a box of its own.
 */
export function toDot({ id, root }: Chart): string {
  return [
    `digraph ${quoted(id)} {`,
    'compound=true; rankdir=TB; nodesep=0.3; ranksep=0.45; bgcolor="transparent"; fontname="Helvetica"; fontsize=14;',
    'node [shape=box, style=rounded, fontname="Helvetica", fontsize=14, margin="0.12,0.06", class="state"];',
    'edge [fontname="Helvetica", fontsize=12, arrowsize=0.6];',
    ...inside(root),
    ...statesOf(root).flatMap((state) => edges(state, root)),
    '}',
    '',
  ].join('\n');
}

function inside(state: ChartState): string[] {
  const lines = state.children.flatMap((child) => (child.children.length === 0 ? [leaf(child)] : cluster(child)));
  if (state.initial !== undefined) {
    lines.unshift(`${quoted(startOf(state))} [shape=point, width=0.12, class="start", label="", tooltip="start"];`);
  }
  if (state.transitions.some(({ target }) => target !== undefined)) {
    const label = `in any state of ${state.key}`;
    lines.push(`${quoted(anyOf(state))} [label=${quoted(label)}, style="rounded,dashed", fontsize=12, class="any"];`);
  }
  return lines;
}

function leaf(state: ChartState): string {
  const shape = state.kind === 'final' ? ', peripheries=2, class="state final"' : '';
  return `${quoted(state.path)} [id=${quoted(idOf(state.path))}, label=${label(state)}, tooltip=${quoted(state.description)}${shape}];`;
}

function cluster(state: ChartState): string[] {
  const style = state.kind === 'parallel' ? 'rounded,dashed' : 'rounded';
  return [
    `subgraph ${quoted(`cluster_${state.path}`)} {`,
    `id=${quoted(idOf(state.path))}; class="state"; style="${style}"; labeljust=l; label=${label(state)}; tooltip=${quoted(state.description)};`,
    ...inside(state),
    '}',
  ];
}

/** Key, invoked actors, and what happens without another state being entered. */
function label({ key, invoked, entry, exit, transitions }: ChartState): string {
  const within = transitions.filter(({ target }) => target === undefined).map(edgeLabel);
  const details = [
    ...(invoked.length > 0 ? [`runs ${invoked.join(', ')}`] : []),
    ...(entry.length > 0 ? [`entry / ${entry.join(', ')}`] : []),
    ...(exit.length > 0 ? [`exit / ${exit.join(', ')}`] : []),
    ...within,
  ];
  if (details.length === 0) return quoted(key);
  return `"${[key, ...details].map(lines).join('')}"`;
}

/** One for all transitions to the same state. */
function edges(state: ChartState, root: ChartState): string[] {
  const labels = new Map<string, string[]>();
  for (const transition of state.transitions) {
    const { target } = transition;
    if (target !== undefined) labels.set(target, [...(labels.get(target) ?? []), edgeLabel(transition)]);
  }
  const source = state.children.length === 0 ? state.path : anyOf(state);
  const moves = [...labels].map(([target, texts]) =>
    edge(source, target, root, `id=${quoted(moveIdOf(state.path, target))}, label="${texts.map(lines).join('')}"`),
  );
  return state.initial === undefined ? moves : [edge(startOf(state), state.initial, root, ''), ...moves];
}

/** An edge to a state that has others ends at its border. */
function edge(source: string, target: string, root: ChartState, attributes: string): string {
  const state = statesOf(root).find(({ path }) => path === target)!;
  const isWithin = source.startsWith(`${target}.`) || target === '';
  const head = state.children.length > 0 && !isWithin ? ` lhead=${quoted(`cluster_${target}`)}` : '';
  return `${quoted(source)} -> ${quoted(firstLeaf(state))} [${[head, attributes].filter(Boolean).join(',')}];`;
}

/** A node inside of the state's box, which edges to the box need. */
function firstLeaf(state: ChartState): string {
  if (state.children.length === 0) return state.path;
  return state.initial === undefined ? firstLeaf(state.children[0]!) : startOf(state);
}

const startOf = ({ path }: ChartState) => `${path}.#start`;
const anyOf = ({ path }: ChartState) => `${path}.#any`;

/** Id of the state's box in the drawing. */
export function idOf(path: string): string {
  return `state_${path.replaceAll('.', '_')}`;
}

/** Id of the arrow from one state to another in the drawing. */
function moveIdOf(source: string, target: string): string {
  return `move_${source.replaceAll('.', '_')}__${target.replaceAll('.', '_')}`;
}

/** A text in lines that begin at the left, all but the first set in. */
function lines(text: string): string {
  const folded = [''];
  for (const word of text.split(' ')) {
    const line = folded.at(-1)!;
    if (line.trim() !== '' && line.length + word.length >= LINE) folded.push(`    ${word}`);
    else folded[folded.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return folded.map((line) => `${escaped(line)}\\l`).join('');
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
