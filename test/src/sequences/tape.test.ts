import { describe, expect, it } from 'vitest';
import { type Happening, Tape } from '../../../src/sequences/tape.ts';

const FRAME: Happening = { from: 'engine', to: 'client', text: 'poses', series: 'frames' };

describe('a tape', () => {
  it('keeps a series as one happening, and begins a new one after something else went the same way', () => {
    const tape = new Tape();
    tape.tell(FRAME);
    tape.tell({ from: 'client', to: 'engine', text: 'pause' });
    tape.tell(FRAME);
    tape.tell({ from: 'engine', to: 'client', text: 'paused by client' });
    tape.tell(FRAME);

    expect(tape.recorded.map(({ text, count }) => `${text} ${count}`)).toEqual([
      'poses 2',
      'pause 1',
      'paused by client 1',
      'poses 1',
    ]);
  });

  it('leaves out what never arrived', () => {
    const tape = new Tape();
    const first = tape.tell({ from: 'simulation', to: 'client', text: 'first', isUnderway: true });
    tape.tell({ from: 'simulation', to: 'client', text: 'second', isUnderway: true });
    tape.arrived(first);

    expect(tape.recorded.map(({ text }) => text)).toEqual(['first']);
  });

  it('lets the receiver act upon a message only once it has arrived', () => {
    const tape = new Tape();
    const message = tape.tell({ from: 'simulation', to: 'client', text: 'message', isUnderway: true });
    const before = tape.tell({ from: 'client', text: 'before' });
    tape.arrived(message);
    const after = tape.tell({ from: 'client', text: 'after' });

    expect(before.causes.has(message)).toBe(false);
    expect(after.causes.has(message)).toBe(true);
  });

  it('keeps a place before what a party does meanwhile, and drops it where nothing comes of it', () => {
    const tape = new Tape();
    tape.reserve('simulation');
    const tell = tape.reserve('simulation');
    tape.tell({ from: 'simulation', to: 'client', text: 'message' });
    tell({ text: 'state' });

    expect(tape.recorded.map(({ text }) => text)).toEqual(['state', 'message']);
  });

  it('resolves when a text has been heard so many times', async () => {
    const tape = new Tape();
    const heard = tape.heard('engine', 'client', 'poses', 2);
    tape.tell(FRAME);
    tape.tell(FRAME);

    await expect(heard).resolves.toBeUndefined();
  });
});
