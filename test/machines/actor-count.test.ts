import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, setup } from 'xstate';
import { countActors } from '../../machines/actor-count.ts';
import { child, type SupervisorRef, startChild, stopChild, supervisor } from '../../machines/supervisor.ts';

const worker = setup({ actors: { tool: fromCallback(() => {}) } }).createMachine({
  initial: 'idle',
  states: {
    idle: { on: { work: 'working', stop: 'ended' } },
    working: { invoke: { id: 'tool', src: 'tool' }, on: { rest: 'idle', stop: 'ended' } },
    ended: { type: 'final' },
  },
});

describe('the number of actors', () => {
  it('has those below supervisors and what machines invoke, as long as they live', async () => {
    const root = createActor(
      supervisor({ now: () => 0, children: [child({ id: 'inner', src: supervisor({ now: () => 0 }) })] }),
    ).start();
    const inner = root as unknown as SupervisorRef;
    const before = countActors(root);

    const reply = await startChild(inner, child({ id: 'worker', src: worker }));
    const started = countActors(root);
    if (reply.ok) reply.ref?.send({ type: 'work' });
    const working = countActors(root);
    if (reply.ok) reply.ref?.send({ type: 'rest' });
    const idle = countActors(root);
    await stopChild(inner, 'worker');

    expect([before, started, working, idle, countActors(root)]).toEqual([2, 3, 4, 3, 2]);
  });
});
