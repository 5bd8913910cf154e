import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { END_REASONS, type EndReason, INTERNAL_ERROR, isAbnormal, withCause } from '../../machines/end-reason.ts';

const documentation = readFileSync(new URL('../../docs/post-mortems.md', import.meta.url), 'utf8');

describe('an end', () => {
  it('is abnormal unless docs/post-mortems.md calls its reason ordinary', () => {
    const ordinary = (Object.keys(END_REASONS) as EndReason[]).filter((reason) => !isAbnormal(reason));

    const [, list = ''] = /\nNone is kept after (.*?)\n\n/s.exec(documentation) ?? [];

    expect([...list.matchAll(/`(\w+)`/g)].map(([, reason]) => reason)).toEqual(ordinary);
  });

  it('by a bug knows what was thrown', () => {
    const error = new Error('a bug');

    expect(withCause(INTERNAL_ERROR, { type: 'xstate.error.actor.engine', error })).toEqual({
      ...INTERNAL_ERROR,
      cause: error,
    });
  });

  it('by any other event has no cause', () => {
    expect(withCause(INTERNAL_ERROR, { type: 'stop' })).toBe(INTERNAL_ERROR);
  });
});
