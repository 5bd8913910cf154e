import { describe, expect, it } from 'vitest';
import { percentOfLoading, percentOfScene } from '../../../src/client/progress.ts';

describe('percentOfLoading', () => {
  it.each([
    ['Creating network r_default', 17],
    ['Step 1/7 : ARG WEBOTS_DEFAULT_IMAGE', 21.875],
    ['Step 7/7 : RUN make', 51.125],
    ['Step 11/12 : RUN make', 50],
    ['Creating r_webots_1 ... done', 56],
    ['webots-1  | hello', 59],
    ['Cloning', undefined],
    ['Step x/y', undefined],
  ])('gives %j where the public client has it', (text, percent) => {
    const got = percentOfLoading({ kind: 'loading', text });

    if (percent === undefined) expect(got).toBeUndefined();
    else expect(got).toBeCloseTo(percent, 6);
  });
});

describe('percentOfScene', () => {
  it.each([
    ['Parsing nodes', 50, 8],
    ['Creating nodes', 50, 24],
    ['Downloading assets', 100, 48],
    ['Finalizing nodes', 100, 64],
    ['Finalizing nodes', 4_000, 64],
    ['Making coffee', 50, undefined],
  ])('puts %s at %i %% where the public client has it', (status, percent, expected) => {
    expect(percentOfScene(status, percent)).toBe(expected);
  });
});
