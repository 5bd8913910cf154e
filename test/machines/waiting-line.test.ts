import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  crowdedOutBy,
  EMPTY_LINE,
  joinLine,
  leaveLine,
  lineLength,
  orderOf,
  placeOf,
  serveFrom,
  type WaitingLine,
} from '../../machines/waiting-line.ts';

/** A line in which `names` came in this order; ids are the owner's name and a number, `a1`. */
function lineOf(names: string): WaitingLine {
  const counts = new Map<string, number>();
  return [...names].reduce((line, name) => {
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    return joinLine(line, name, `${name}${number}`);
  }, EMPTY_LINE);
}

/** Everybody in the order in which they are served. */
function served(line: WaitingLine): string[] {
  const [next] = orderOf(line);
  return next === undefined ? [] : [next, ...served(serveFrom(line, next))];
}

type Step =
  | { readonly kind: 'join'; readonly name: string }
  | { readonly kind: 'leave' | 'serve'; readonly at: number };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('join' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
    fc.record({ kind: fc.constantFrom('leave' as const, 'serve' as const), at: fc.nat(20) }),
  ),
  { maxLength: 60 },
);

/** @returns the line, and who waits, in the order of their coming */
function play(all: readonly Step[]): { line: WaitingLine; waiting: string[] } {
  let line = EMPTY_LINE;
  let waiting: string[] = [];
  all.forEach((step, index) => {
    if (step.kind === 'join') {
      const id = `${step.name}${index}`;
      line = joinLine(line, step.name, id);
      waiting.push(id);
      return;
    }
    const id = waiting[step.at % Math.max(waiting.length, 1)];
    if (id === undefined) return;
    line = step.kind === 'leave' ? leaveLine(line, id) : serveFrom(line, id);
    waiting = waiting.filter((other) => other !== id);
  });
  return { line, waiting };
}

describe('the waiting line', () => {
  it('serves owners in turn, and each in the order of its coming', () => {
    expect(orderOf(lineOf('aaabca'))).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', 'a4']);
  });

  it('lets a new owner be next after one turn of everybody who waits', () => {
    const line = joinLine(lineOf('a'.repeat(30)), 'b', 'b1');

    expect(placeOf(line, 'b1')).toBe(2);
  });

  it('sends an owner to the end of the turns once it was served', () => {
    expect(orderOf(serveFrom(lineOf('aabb'), 'a1'))).toEqual(['b1', 'a2', 'b2']);
  });

  it('keeps the turn of an owner of whom one leaves', () => {
    expect(orderOf(leaveLine(lineOf('aabb'), 'a1'))).toEqual(['a2', 'b1', 'b2']);
  });

  it('has no place for who does not wait', () => {
    expect(placeOf(lineOf('ab'), 'c1')).toBeUndefined();
  });

  it('refuses one who waits already', () => {
    expect(() => joinLine(lineOf('ab'), 'b', 'a1')).toThrow('Expected a1 not to wait yet');
  });

  it('has the last one of the owner with most make room for an owner with fewer', () => {
    expect(crowdedOutBy(lineOf('aaab'), 'c')).toBe('a3');
    expect(crowdedOutBy(lineOf('aaab'), 'b')).toBe('a3');
  });

  it('has nobody make room for an owner who would then have as many as the one with most had', () => {
    expect(crowdedOutBy(lineOf('aab'), 'b')).toBeUndefined();
    expect(crowdedOutBy(lineOf('aab'), 'a')).toBeUndefined();
    expect(crowdedOutBy(lineOf('ab'), 'c')).toBeUndefined();
    expect(crowdedOutBy(EMPTY_LINE, 'a')).toBeUndefined();
  });

  it('loses nobody and serves nobody twice, whatever comes and goes', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { line, waiting } = play(all);

        expect(orderOf(line).toSorted()).toEqual(waiting.toSorted());
        expect(lineLength(line)).toBe(waiting.length);
        expect(served(line)).toEqual(orderOf(line));
      }),
    );
  });

  it('serves each owner in the order of its coming, whatever comes and goes', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { line, waiting } = play(all);

        for (const name of 'abcd') {
          const own = (ids: readonly string[]) => ids.filter((id) => id.startsWith(name));
          expect(own(orderOf(line))).toEqual(own(waiting));
        }
      }),
    );
  });

  it('never serves an owner twice while another one waits that had no turn since', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const order = orderOf(play(all).line);

        order.forEach((id, index) => {
          const next = order.findIndex((other, at) => at > index && other[0] === id[0]);
          if (next === -1) return;
          const later = new Set(order.slice(next + 1).map(([name]) => name));
          const between = new Set(order.slice(index, next).map(([name]) => name));
          for (const name of later) expect(between).toContain(name);
        });
      }),
    );
  });
});
