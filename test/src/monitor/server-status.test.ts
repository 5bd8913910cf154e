import { describe, expect, it } from 'vitest';
import { readStatus } from '../../../src/monitor/server-status.ts';

const STATUS = { version: '1.2.3', engine: 'stand-in', capacity: 10, running: 2, queued: 3, intake: 'drained' };

describe('readStatus', () => {
  it('takes what it knows and leaves the rest', () => {
    expect(readStatus(JSON.stringify({ ...STATUS, later: true }))).toEqual(STATUS);
  });

  it('takes a server that does not say how many wait for one without a line', () => {
    const { queued: _, ...older } = STATUS;

    expect(readStatus(JSON.stringify(older))).toEqual({ ...STATUS, queued: 0 });
  });

  it.each([
    ['12.5', 'version'],
    ['null', 'version'],
    ['[]', 'version'],
    [JSON.stringify({ ...STATUS, engine: 'x'.repeat(201) }), 'engine'],
    [JSON.stringify({ ...STATUS, capacity: 1e300 }), 'capacity'],
    [JSON.stringify({ ...STATUS, running: -1 }), 'running'],
    [JSON.stringify({ ...STATUS, intake: 'toString' }), 'intake'],
  ])('refuses %s because of its %s', (answer, key) => {
    expect(() => readStatus(answer)).toThrow(`Expected ${key} to be`);
  });

  it('refuses what is no JSON', () => {
    expect(() => readStatus('<html>')).toThrow();
  });
});
