import { expect, it } from 'vitest';
import { Movement } from '../../../../src/client/try/movement.ts';

it('counts the nodes whose place differs between two frames', () => {
  const movement = new Movement();
  const frame = (...fields: Record<string, string>[]) => ({
    time: 0,
    updates: fields.map((fields, index) => ({ id: `n${index}`, fields })),
    labels: [],
  });

  movement.see(frame({ translation: '0 0 1' }, { rotation: '0 0 1 0' }, { translation: '1 1 1' }));
  movement.see(frame({ translation: '0 0 0' }, { rotation: '0 0 1 2' }, { translation: '1 1 1', baseColor: '1 0 0' }));

  expect([movement.frames, movement.nodes]).toEqual([2, 2]);
});
