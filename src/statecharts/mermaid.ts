import { type Chart, type ChartState, type ChartTransition, statesOf } from './chart.ts';

/** A chart as a state diagram of Mermaid. */
export function toMermaid({ id, root }: Chart): string {
  return ['stateDiagram-v2', `  accTitle: ${id}`, ...inside(root, '  '), ...edges(root), ''].join('\n');
}

function inside(state: ChartState, indent: string): string[] {
  const blocks = state.children.map((child) => block(child, indent));
  const initial = state.initial === undefined ? [] : [`${indent}[*] --> ${idOf(state.initial)}`];
  if (state.kind !== 'parallel') return [...initial, ...blocks.flat()];
  return blocks.flatMap((lines, index) => (index === 0 ? lines : [`${indent}--`, ...lines]));
}

function block(state: ChartState, indent: string): string[] {
  const name = `${indent}state "${labelOf(state)}" as ${idOf(state.path)}`;
  if (state.kind === 'final') return [name, `${indent}${idOf(state.path)} --> [*]`];
  if (state.children.length === 0) return [name];
  return [`${name} {`, ...inside(state, `${indent}  `), `${indent}}`];
}

function labelOf({ key, invoked }: ChartState): string {
  return invoked.length === 0 ? key : `${key} / ${invoked.join(', ')}`;
}

function edges(root: ChartState): string[] {
  return statesOf(root).flatMap((state) =>
    state.transitions.flatMap((transition) => {
      // Mermaid has no name for the whole diagram: what holds everywhere is drawn from each outermost state.
      const sources = state.path === '' ? root.children.filter(({ kind }) => kind !== 'final') : [state];
      return sources.map((source) => edge(source, transition));
    }),
  );
}

function edge(source: ChartState, transition: ChartTransition): string {
  return `  ${idOf(source.path)} --> ${idOf(transition.target ?? source.path)} : ${escaped(edgeLabel(transition))}`;
}

/** Event, guard in brackets, actions after a slash, as UML has it. */
export function edgeLabel({ trigger, guard, actions }: ChartTransition): string {
  const condition = guard === undefined ? '' : ` [${guard}]`;
  return `${trigger}${condition}${actions.length === 0 ? '' : ` / ${actions.join(', ')}`}`;
}

/** `end` and other words of Mermaid cannot be ids. */
function idOf(path: string): string {
  return `s_${path.replaceAll('.', '__')}`;
}

/** A colon or a semicolon would end the label. */
function escaped(text: string): string {
  return text.replaceAll(';', '#59;').replaceAll(':', '#58;');
}
