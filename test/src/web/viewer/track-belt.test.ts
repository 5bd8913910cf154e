import { describe, expect, it } from 'vitest';
import { TrackBelt } from '../../../../src/web/viewer/track-belt.ts';

const inner = (x: number, radius: number) => ({ x, z: 0, radius, isInner: true });

/** A place, and the direction of the belt there, with three decimals. */
function placeAt(belt: TrackBelt, distance: number): number[] {
  const { x, z, angle } = belt.at(distance);
  // A turn about y takes x to −z.
  return [x, z, Math.cos(angle), -Math.sin(angle)].map((value) => Math.round(value * 1000) / 1000 + 0);
}

describe('a belt around two equal wheels', () => {
  const belt = new TrackBelt([inner(-1, 0.5), inner(1, 0.5)]);

  it('is as long as both straight sides and one whole wheel', () => {
    expect(belt.length).toBeCloseTo(4 + Math.PI, 10);
  });

  it.each([
    ['begins above the first wheel, to the second', 0, [-1, 0.5, 1, 0]],
    ['goes straight above', 1, [0, 0.5, 1, 0]],
    ['turns down around the second wheel', 2 + Math.PI / 4, [1.5, 0, 0, -1]],
    ['comes back below, upside down', 3 + Math.PI / 2, [0, -0.5, -1, 0]],
    ['turns up around the first wheel', 4 + (3 * Math.PI) / 4, [-1.5, 0, 0, 1]],
    ['goes around again', 5 + Math.PI, [0, 0.5, 1, 0]],
    ['goes backwards', -Math.PI / 4, [-1.5, 0, 0, 1]],
  ])('%s', (_, distance, place) => {
    expect(placeAt(belt, distance)).toEqual(place);
  });
});

it('goes the other way around wheels that lie outside of it', () => {
  const belt = new TrackBelt([inner(-1, 0.5), inner(1, 0.5)].map((wheel) => ({ ...wheel, isInner: false })));

  expect(placeAt(belt, 1)).toEqual([0, -0.5, 1, 0]);
});

it('never jumps, whatever its wheels', () => {
  const wheels = [inner(-1, 0.3), { x: 0, z: -0.4, radius: 0.2, isInner: false }, inner(1, 0.6), inner(0.2, 0.1)];
  const belt = new TrackBelt(wheels);
  const steps = Array.from({ length: 1001 }, (_, index) => belt.at((index * belt.length) / 1000));
  const gaps = steps.slice(1).map(({ x, z }, index) => Math.hypot(x - steps[index]!.x, z - steps[index]!.z));

  expect(Math.max(...gaps)).toBeLessThanOrEqual(belt.length / 1000 + 1e-9);
});

it('goes around one wheel alone, and nowhere without wheels or with two at one place', () => {
  expect(new TrackBelt([inner(0, 0.5)]).length).toBeCloseTo(Math.PI, 10);
  expect(placeAt(new TrackBelt([]), 3)).toEqual([0, 0, 1, 0]);
  expect(new TrackBelt([inner(1, 0.5), inner(1, 0.2)]).length).toBeCloseTo(Math.PI, 10);
});
