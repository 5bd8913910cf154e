import type { Expansion } from './expansion.ts';
import { type Hold, holdOf, isJoint } from './joint.ts';
import type { Omission } from './omissions.ts';
import { type SceneNode, stringOf, walk } from './scene-node.ts';

/** Sentences that one world may cause; the rest is summed up in one more (our choice). */
const MAXIMUM_NOTICES = 40;

/** Kinds of nodes that one sentence names (our choice). */
const MAXIMUM_KINDS = 30;

/** Nodes after which other work may have its turn (our choice: below 1 ms). */
const SLICE = 1_000;

/** Characters of a name from the world that a sentence shows (our choice). */
const SHOWN_LENGTH = 60;

/** Why joints do not move, behind how many there are. */
const HOLDS: Readonly<Record<NonNullable<Hold>, string>> = {
  motor: 'held rigid by motors, which no controller moves.',
  axes: 'held rigid, the embedded engine moves joints about one axis.',
};

interface Differences {
  readonly roots: readonly SceneNode[];
  readonly expansion: Pick<Expansion, 'omissions'>;
  readonly omissions: readonly Omission[];
  readonly missingDefinitions: readonly string[];
}

/** What the engine does otherwise than Webots with this world, one sentence for each kind; hands over between nodes. */
export function* sceneNotices({
  roots,
  expansion,
  omissions,
  missingDefinitions,
}: Differences): Generator<void, string[], undefined> {
  const robots: SceneNode[] = [];
  const held = new Map<string, number>();
  let unstopped = 0;
  for (const node of walk(roots)) {
    if (node.id % SLICE === 0) yield;
    if (node.type === 'Robot' && !['', '<none>', 'void'].includes(stringOf(node, 'controller'))) robots.push(node);
    const hold = isJoint(node) ? holdOf(node) : undefined;
    if (node.type === 'BallJoint' && hold === undefined && hasStops(node)) unstopped++;
    if (hold === undefined) continue;
    const kind = `${node.type}: ${HOLDS[hold]}`;
    held.set(kind, (held.get(kind) ?? 0) + 1);
  }
  const notices = [
    ...(robots.length > 0 ? [robotNotice(robots)] : []),
    ...[...held].map(([kind, count]) => kind.replace(': ', `: ${count} `)),
    ...(unstopped > 0 ? [`BallJoint: ${unstopped} without the stops that the world gives them.`] : []),
    ...omissionNotices([...omissions, ...expansion.omissions.all]),
    ...missingDefinitions.map((name) => `Not shown: USE ${shown(name)}, no node before it has this DEF name.`),
  ];
  const surplus = notices.length - MAXIMUM_NOTICES;
  if (surplus <= 0) return notices;
  return [...notices.slice(0, MAXIMUM_NOTICES), `${surplus} more reasons not to show nodes.`];
}

function hasStops({ nodes }: SceneNode): boolean {
  const parameters = [nodes.jointParameters, nodes.jointParameters2, nodes.jointParameters3].flatMap(
    (all) => all ?? [],
  );
  return parameters.some(({ values: { minStop, maxStop } }) => Number(minStop) < Number(maxStop));
}

function robotNotice(robots: readonly SceneNode[]): string {
  const names = robots.slice(0, 3).map((robot) => `"${shown(stringOf(robot, 'name'))}"`);
  const others = robots.length > names.length ? ` and ${robots.length - names.length} more` : '';
  return `Robot: the embedded engine runs no controllers, so ${names.join(', ')}${others} will not act.`;
}

/** One sentence for each reason, in the order in which they first came up. */
function omissionNotices(omissions: readonly Omission[]): string[] {
  const kinds = new Map<string, string[]>();
  for (const omission of omissions) {
    const known = kinds.get(omission.obstacle);
    if (known === undefined) kinds.set(omission.obstacle, [kindOf(omission)]);
    else known.push(kindOf(omission));
  }
  return [...kinds].map(([obstacle, all]) => {
    const named = all.slice(0, MAXIMUM_KINDS).join(', ');
    const surplus = all.length - MAXIMUM_KINDS;
    const others = surplus > 0 ? ` and ${surplus} more kinds` : '';
    return `Not shown: ${named}${others}, ${all.length > 1 ? 'each because ' : ''}${obstacle}.`;
  });
}

function kindOf({ type, count, boxCount }: Omission): string {
  const boxes = boxCount === 0 ? '' : boxCount === 1 ? ' (a box stands for it)' : ` (a box stands for ${boxCount})`;
  return `${count} ${shown(type)}${boxes}`;
}

/** Worlds are written by strangers, and clients may show console lines as HTML. */
function shown(name: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{N} _.()-]/gu, '?');
  return plain.length > SHOWN_LENGTH ? `${plain.slice(0, SHOWN_LENGTH)}…` : plain;
}
