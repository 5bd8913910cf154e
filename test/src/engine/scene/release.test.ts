import { describe, expect, it } from 'vitest';
import { isReleaseBefore } from '../../../../src/engine/scene/release.ts';

describe('isReleaseBefore', () => {
  it('orders releases by year and letter, whatever follows', () => {
    expect(isReleaseBefore('R2022b', 'R2023a')).toBe(true);
    expect(isReleaseBefore('R2023a', 'R2023b')).toBe(true);
    expect(isReleaseBefore('R2023b', 'R2023b')).toBe(false);
    expect(isReleaseBefore('R2023b-rev1', 'R2023b')).toBe(false);
    expect(isReleaseBefore('R2025a', 'R2023b')).toBe(false);
  });

  it('takes what is no release for an older one', () => {
    expect(isReleaseBefore('V8.6', 'R2019a')).toBe(true);
    expect(isReleaseBefore('', 'R2019a')).toBe(true);
  });
});
