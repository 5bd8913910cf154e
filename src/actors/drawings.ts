import { type ActorNode, edgesOf } from './actor-tree.ts';

/** Milliseconds in a second. */
const SECOND = 1_000;

/** Shapes of Mermaid: supervisors are boxes, machines have round corners, what a machine runs is a stadium. */
const SHAPES: Readonly<Record<ActorNode['kind'], readonly [string, string]>> = {
  supervisor: ['["', '"]'],
  machine: ['("', '")'],
  callback: ['(["', '"])'],
  promise: ['(["', '"])'],
};

/** The tree as a flowchart of Mermaid; the engine that a session leases is the one of the same id. */
export function toMermaid(root: ActorNode): string {
  const edges = edgesOf(root);
  const nodes = [root, ...edges.map(([, child]) => child)];
  const name = (node: ActorNode) => `a${nodes.indexOf(node)}`;
  const leases = nodes.flatMap((session) =>
    nodes
      .filter(
        ({ id, machine }) => session.machine === 'clientSession' && machine === 'webotsProcess' && id === session.id,
      )
      .map((engine) => `  ${name(session)} -. leases .-> ${name(engine)}`),
  );
  return [
    'flowchart LR',
    '  accTitle: The tree of actors',
    ...nodes.map((node) => `  ${name(node)}${SHAPES[node.kind].join(label(node))}`),
    ...edges.map(([above, below]) => `  ${name(above)} --> ${name(below)}`),
    ...leases,
    '',
  ].join('\n');
}

function label(node: ActorNode): string {
  return [`<b>${node.id}</b>`, what(node), ...careWords(node)].join('<br/>');
}

/**
 * The tree as a list in Markdown.
 *
 * @param linkOf where the chart of a machine is
 */
export function toList(node: ActorNode, linkOf: (machine: string) => string, indent = ''): string {
  const details = [node.machine === undefined ? what(node) : `machine [${node.machine}](${linkOf(node.machine)})`];
  const line = `${indent}- **${node.id}** – ${[...details, ...careWords(node)].join('; ')}`;
  return [line, ...node.children.map((child) => toList(child, linkOf, `${indent}  `))].join('\n');
}

function what({ kind, machine, options }: ActorNode): string {
  if (!options) return machine === undefined ? kind : `machine ${machine}`;
  const { strategy, intensity, period } = options;
  const most = intensity === 0 ? 'no restart' : `${intensity} ${intensity === 1 ? 'restart' : 'restarts'}`;
  return `supervisor, ${strategy}, ${intensity === 0 ? most : `at most ${most} in ${period / SECOND} s`}`;
}

function careWords({ rules }: ActorNode): string[] {
  if (!rules) return [];
  const { restart, shutdown } = rules;
  if (shutdown === Number.POSITIVE_INFINITY) return [`${restart}, stopped without a limit`];
  return [shutdown === 0 ? `${restart}, stopped at once` : `${restart}, ${shutdown / SECOND} s to stop`];
}
