import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between, draws, pick } from './draws.ts';
import { drawVisit } from './visit.ts';

describe('draws', () => {
  it('are the same for the same seed, others for another one, and others in another stream', () => {
    const first = (seed: number, stream: number) => {
      const draw = draws(seed, stream);
      return Array.from({ length: 5 }, draw);
    };

    expect(first(1, 0)).toEqual(first(1, 0));
    expect(first(1, 0)).not.toEqual(first(2, 0));
    expect(first(1, 0)).not.toEqual(first(1, 1));
    expect(first(1, 0)).not.toEqual(first(0, 1));
  });

  it('lie between the bounds, and pick only what has a weight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: -1, max: 50 }), (seed, stream) => {
        const draw = draws(seed, stream);
        const value = between(draw, 10, 20);
        expect(value >= 10 && value < 20).toBe(true);
        expect(pick(draw, [{ weight: 0 }, { weight: 1 }])).toEqual({ weight: 1 });
      }),
    );
  });

  it('make the same visits for the same seed', () => {
    const visits = (seed: number) => {
      const draw = draws(seed, 0);
      return Array.from({ length: 20 }, () => {
        const { behaviour, world, moment, stay } = drawVisit(draw);
        return [behaviour.name, world.name, moment, stay];
      });
    };

    expect(visits(7)).toEqual(visits(7));
    expect(visits(7)).not.toEqual(visits(8));
  });
});
