import { describe, expect, it } from 'vitest';
import { EntryRing } from '../../../src/inspection/entry-ring.ts';
import type { Entry, Fact } from '../../../src/inspection/recording.ts';
import { actorsAt } from '../../../src/inspection/replay.ts';

const born = (id: string): Fact => ({ type: 'actor', actor: { id, name: id, kind: 'machine', machine: 'lamp' } });
const step = (id: string, state: string): Fact => ({
  type: 'step',
  actor: id,
  event: 'switch',
  status: state === 'broken' ? 'done' : 'active',
  states: [state],
  moves: [{ source: 'x', target: state }],
});

/** Where the actors stand by all that the ring knows. */
function standing(ring: EntryRing) {
  const entries = ring.after(0).map((text) => JSON.parse(text) as Entry);
  return actorsAt(ring.baseline(), entries, Number.POSITIVE_INFINITY);
}

describe('EntryRing', () => {
  it('stays within its bytes, and tells the same of the actors as one that forgets nothing', () => {
    const small = new EntryRing(10_000);
    const large = new EntryRing();
    const facts = Array.from({ length: 6_000 }, (_, index) => {
      const id = `x:${index % 7}`;
      return index < 7 ? born(id) : step(id, index % 2 ? 'on' : 'off');
    });

    facts.forEach((fact, index) => {
      small.add(index, fact);
      large.add(index, fact);
      expect(small.bytes).toBeLessThanOrEqual(10_000);
    });

    expect([small.last, small.size, small.after(0).length]).toEqual([6_000, small.last - small.first + 1, small.size]);
    expect(small.size).toBeGreaterThan(20);
    expect(small.size).toBeLessThan(200);
    expect(standing(small)).toEqual(standing(large));
  });

  it('gives what came after an entry, so many at most', () => {
    const ring = new EntryRing();
    for (let at = 1; at <= 5; at++) ring.add(at, born(`x:${at}`));

    expect(ring.after(2, 2).map((text) => (JSON.parse(text) as Entry).n)).toEqual([3, 4]);
    expect(ring.after(5)).toEqual([]);
    expect(ring.after(9)).toEqual([]);
  });

  it('forgets actors that ended before the first entry that it keeps', () => {
    const ring = new EntryRing(2_000);
    for (let index = 0; index < 1_000; index++) {
      ring.add(index, born(`x:${index}`));
      ring.add(index, step(`x:${index}`, 'broken'));
    }

    expect(ring.baseline().length).toBeLessThan(3);
    expect(standing(ring).size).toBeLessThan(20);
  });
});
