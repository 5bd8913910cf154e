import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkoutProgress,
  PROGRESS_INTERVAL,
  readGitProgress,
  sizeInWords,
} from '../../../src/projects/checkout-progress.ts';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';

const world = parseWorldUrl('https://github.com/o/r/blob/main/worlds/w.wbt');

describe('checkoutProgress', () => {
  it('tells every new step at once, and no more than one update of it in an interval', () => {
    const lines: string[] = [];
    let now = 0;
    const progress = checkoutProgress(
      world,
      (line) => lines.push(line),
      () => now,
    );

    progress.connecting();
    progress.step('asking');
    progress.step('receiving', '1 %');
    now += PROGRESS_INTERVAL - 1;
    progress.step('receiving', '2 %');
    now += 1;
    progress.step('receiving', '3 %');
    progress.step('writing', '50 %');
    progress.done();

    expect(lines).toEqual([
      'Creating network connection to github.com',
      'Step 1/4 : looking for github.com/o/r',
      'Step 2/4 : receiving github.com/o/r, 1 %',
      'Step 2/4 : receiving github.com/o/r, 3 %',
      'Step 3/4 : writing github.com/o/r, 50 %',
      'Fetching github.com/o/r: done',
    ]);
  });

  it('never goes back to an earlier step', () => {
    const lines: string[] = [];
    const progress = checkoutProgress(world, (line) => lines.push(line));

    progress.step('writing');
    progress.step('receiving', '99 %');

    expect(lines).toEqual(['Step 3/4 : writing github.com/o/r']);
  });
});

describe('readGitProgress', () => {
  it.each([
    ['Receiving objects:  45% (450/1000), 12.30 MiB | 3.10 MiB/s', { step: 'receiving', detail: '45 % (12.30 MiB)' }],
    [
      'Receiving objects: 100% (3/3), 640 bytes | 640.00 KiB/s, done.',
      { step: 'receiving', detail: '100 % (640 bytes)' },
    ],
    ['Receiving objects:   0% (1/1000)', { step: 'receiving', detail: '0 %' }],
    ['Updating files:  50% (5/10)', { step: 'writing', detail: '50 %' }],
    ['remote: Counting objects: 100% (3/3), done.', undefined],
    ['remote: Receiving objects: 100% (3/3), done.', undefined],
    ['fatal: repository not found', undefined],
  ])('reads %j', (line, expected) => {
    expect(readGitProgress(line)).toEqual(expected);
  });

  it('reads any text', () => {
    fc.assert(fc.property(fc.string(), (line) => void readGitProgress(`Receiving objects: ${line}`)));
  });
});

describe('sizeInWords', () => {
  it.each([
    [0, '0 KiB'],
    [1, '1 KiB'],
    [1024 * 1024 - 1, '1024 KiB'],
    [1024 * 1024, '1.0 MiB'],
    [12.34 * 1024 * 1024, '12.3 MiB'],
  ])('puts %d bytes as %s', (bytes, words) => {
    expect(sizeInWords(bytes)).toBe(words);
  });
});
