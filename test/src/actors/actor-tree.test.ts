import { afterEach, describe, expect, it } from 'vitest';
import {
  type Actor,
  type AnyActorLogic,
  createActor,
  createMachine,
  fromCallback,
  fromPromise,
  SimulatedClock,
} from 'xstate';
import { child, supervisor } from '../../../machines/supervisor.ts';
import { type ActorNode, readActorTree } from '../../../src/actors/actor-tree.ts';
import { toList, toMermaid } from '../../../src/actors/drawings.ts';

const never = fromPromise(() => new Promise<void>(() => {}));

const machine = createMachine({
  id: 'clientSession',
  initial: 'running',
  states: {
    running: {
      invoke: [
        { id: 'listener', src: fromCallback(() => {}) },
        { id: 'ended', src: fromPromise(async () => {}) },
      ],
    },
  },
});

let root: Actor<AnyActorLogic> | undefined;
afterEach(() => root?.stop());

async function treeOf(logic: AnyActorLogic): Promise<ActorNode> {
  root = createActor(logic, { id: 'root', clock: new SimulatedClock() });
  root.start();
  await Promise.resolve();
  return readActorTree(root);
}

const LOGIC = supervisor({
  strategy: 'restForOne',
  intensity: 3,
  children: [
    child({ id: 'watch', src: never, shutdown: 0 }),
    child({ id: 'jobs', src: supervisor({ children: [child({ id: '1', src: machine, restart: 'temporary' })] }) }),
  ],
});

describe('the tree of actors', () => {
  it('says of each actor what it is and how it is looked after, and leaves out what has ended', async () => {
    const tree = await treeOf(LOGIC);
    const brief = ({ id, kind, machine: name, rules, children }: ActorNode): unknown[] => [
      id,
      kind,
      name,
      rules?.restart,
      rules?.shutdown,
      ...children.map(brief),
    ];

    expect(tree.options).toMatchObject({ strategy: 'restForOne', intensity: 3, period: 5_000 });
    expect(brief(tree)).toEqual([
      'root',
      'supervisor',
      undefined,
      undefined,
      undefined,
      ['watch', 'promise', undefined, 'permanent', 0],
      [
        'jobs',
        'supervisor',
        undefined,
        'permanent',
        Number.POSITIVE_INFINITY,
        [
          '1',
          'machine',
          'clientSession',
          'temporary',
          5_000,
          ['listener', 'callback', undefined, undefined, undefined],
        ],
      ],
    ]);
  });

  it('is drawn with an edge from each supervisor to its children', async () => {
    const lines = toMermaid(await treeOf(LOGIC)).split('\n');

    expect(lines).toContain('  a1(["<b>watch</b><br/>promise<br/>permanent, stopped at once"])');
    expect(lines.filter((line) => line.includes('-->'))).toEqual([
      '  a0 --> a1',
      '  a0 --> a2',
      '  a2 --> a3',
      '  a3 --> a4',
    ]);
  });

  it('is a list in which machines lead to their charts', async () => {
    expect(toList(await treeOf(LOGIC), (id) => `#${id}`).split('\n')).toEqual([
      '- **root** – supervisor, restForOne, at most 3 restarts in 5 s',
      '  - **watch** – promise; permanent, stopped at once',
      '  - **jobs** – supervisor, oneForOne, at most 1 restart in 5 s; permanent, stopped without a limit',
      '    - **1** – machine [clientSession](#clientSession); temporary, 5 s to stop',
      '      - **listener** – callback',
    ]);
  });
});
