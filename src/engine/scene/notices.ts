import type { Expansion } from './expansion.ts';
import { type Hold, holdOf, isJoint } from './joint.ts';
import type { Omission } from './omissions.ts';
import { type SceneNode, stringOf, walk } from './scene-node.ts';

/** Sentences that one world may cause; the rest is summed up in one more (our choice). */
const MAXIMUM_NOTICES = 40;

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
  for (const node of walk(roots)) {
    if (node.id % SLICE === 0) yield;
    if (node.type === 'Robot' && !['', '<none>', 'void'].includes(stringOf(node, 'controller'))) robots.push(node);
    const hold = isJoint(node) ? holdOf(node) : undefined;
    if (hold === undefined) continue;
    const kind = `${node.type}: ${HOLDS[hold]}`;
    held.set(kind, (held.get(kind) ?? 0) + 1);
  }
  const notices = [
    ...(robots.length > 0 ? [robotNotice(robots)] : []),
    ...[...held].map(([kind, count]) => kind.replace(': ', `: ${count} `)),
    ...[...omissions, ...expansion.omissions.all].map(omissionNotice),
    ...missingDefinitions.map((name) => `Not shown: USE ${shown(name)}, no node before it has this DEF name.`),
  ];
  const surplus = notices.length - MAXIMUM_NOTICES;
  if (surplus <= 0) return notices;
  return [...notices.slice(0, MAXIMUM_NOTICES), `${surplus} more kinds of nodes are not shown.`];
}

function robotNotice(robots: readonly SceneNode[]): string {
  const names = robots.slice(0, 3).map((robot) => `"${shown(stringOf(robot, 'name'))}"`);
  const others = robots.length > names.length ? ` and ${robots.length - names.length} more` : '';
  return `Robot: the embedded engine runs no controllers, so ${names.join(', ')}${others} will not act.`;
}

function omissionNotice({ type, obstacle, count, boxCount }: Omission): string {
  const boxes = boxCount === 0 ? '' : boxCount === 1 ? ' (a box stands for it)' : ` (a box stands for ${boxCount})`;
  return `Not shown: ${count} ${shown(type)}${boxes}, ${obstacle}.`;
}

/** Worlds are written by strangers, and clients may show console lines as HTML. */
function shown(name: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{N} _.()-]/gu, '?');
  return plain.length > SHOWN_LENGTH ? `${plain.slice(0, SHOWN_LENGTH)}…` : plain;
}
