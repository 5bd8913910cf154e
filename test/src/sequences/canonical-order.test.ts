import { describe, expect, it } from 'vitest';
import { inCanonicalOrder } from '../../../src/sequences/canonical-order.ts';
import { type Happening, Tape } from '../../../src/sequences/tape.ts';

const ASK: Happening = { from: 'client', to: 'engine', text: 'pause' };
const PRINTED: Happening = { from: 'engine', to: 'simulation', text: 'stdout: pause' };
const TOLD: Happening = { from: 'engine', to: 'client', text: 'paused by client' };
const NEXT: Happening = { from: 'client', to: 'engine', text: 'reset' };

function orderOf(happenings: readonly Happening[]): string[] {
  const tape = new Tape();
  for (const happening of happenings) tape.tell(happening);
  return inCanonicalOrder(tape.recorded).map(({ text }) => text);
}

describe('the canonical order', () => {
  it('is the same whichever of two independent happenings came first', () => {
    expect(orderOf([ASK, TOLD, PRINTED])).toEqual(orderOf([ASK, PRINTED, TOLD]));
  });

  it('keeps what one party did, and what it heard before', () => {
    expect(orderOf([ASK, TOLD, PRINTED, NEXT])).toEqual(['pause', 'stdout: pause', 'paused by client', 'reset']);
  });

  it('keeps what went the same way in its order', () => {
    const second: Happening = { ...TOLD, text: 'scene' };

    expect(orderOf([second, TOLD])).toEqual(['scene', 'paused by client']);
    expect(orderOf([TOLD, second])).toEqual(['paused by client', 'scene']);
  });

  it('shows a broken connection before what servers make of it', () => {
    const exit: Happening = { from: 'engine', to: 'simulation', text: 'exit' };
    const broken: Happening = { from: 'engine', to: 'client', text: 'breaks', kind: 'break' };

    expect(orderOf([exit, broken])).toEqual(['breaks', 'exit']);
  });
});
