import { describe, expect, it } from 'vitest';
import { EntryRing } from '../../../src/inspection/entry-ring.ts';
import type { Fact } from '../../../src/inspection/recording.ts';
import { actorsAt } from '../../../src/inspection/replay.ts';
import { MOST_SLICE, sliceOf } from '../../../src/inspection/slice.ts';

const born = (id: string, parent: string): Fact => ({
  type: 'actor',
  actor: { id, name: id, parent, kind: 'machine', machine: 'lamp' },
});
const step = (id: string, state: string, status: 'active' | 'done' = 'active'): Fact => ({
  type: 'step',
  actor: id,
  event: 'switch',
  status,
  states: [state],
});

function record(facts: readonly Fact[], mostBytes?: number) {
  const ring = new EntryRing(mostBytes);
  facts.forEach((fact, index) => void ring.add(index, fact));
  return ring;
}

const viewsOf = (part: ReturnType<typeof sliceOf>) =>
  [...actorsAt(part?.baseline ?? [], part?.entries ?? [], Number.POSITIVE_INFINITY).values()].map(
    ({ actor, status, states }) => [actor.id, status, ...states],
  );

describe('the part of a recording', () => {
  it('has an actor, those below it, and what they are sent and send, and nobody else', () => {
    const ring = record([
      born('x:1', 'x:0'),
      born('x:2', 'x:0'),
      born('x:11', 'x:1'),
      { type: 'event', from: 'x:1', to: 'x:0', event: 'up' },
      { type: 'event', from: 'x:0', to: 'x:11', event: 'down' },
      { type: 'event', from: 'x:0', to: 'x:2', event: 'aside', detail: '{"of":"x:1"}' },
      step('x:2', 'on'),
      step('x:11', 'on'),
    ]);

    const part = sliceOf(['x:1'], [], ring.after(0));

    expect(part?.entries.map(({ n }) => n)).toEqual([1, 3, 4, 5, 8]);
    expect(viewsOf(part)).toEqual([
      ['x:1', 'active'],
      ['x:11', 'active', 'on'],
    ]);
  });

  it('knows where actors stood whose beginning is long past, also of one older than all entries', () => {
    const noise = Array.from({ length: 30_000 }, (_, index) => step('x:9', index % 2 ? 'on' : 'off'));
    const ring = record([born('x:1', 'x:0'), step('x:1', 'on'), ...noise, step('x:1', 'off')], 100_000);

    expect(viewsOf(sliceOf(['x:1'], ring.baseline(), ring.after(0)))).toEqual([['x:1', 'active', 'off']]);
  });

  it('is bounded, whatever its actors created, and forgets those that ended before it', () => {
    const facts = Array.from({ length: 20_000 }, (_, index) => [
      born(`x:${index + 2}`, 'x:1'),
      step(`x:${index + 2}`, 'off', 'done'),
    ]).flat();
    const ring = record([born('x:1', 'x:0'), ...facts]);

    const part = sliceOf(['x:1'], ring.baseline(), ring.after(0));

    expect(JSON.stringify(part).length).toBeLessThan(MOST_SLICE + 5_000);
    expect(viewsOf(part)[0]).toEqual(['x:1', 'active']);
    expect(part?.baseline.length).toBeLessThan(3);
  });

  it('is nothing of actors that did nothing', () => {
    expect(sliceOf(['x:7'], [], record([born('x:1', 'x:0')]).after(0))).toBeUndefined();
  });
});
