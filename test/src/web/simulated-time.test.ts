import { expect, it } from 'vitest';
import { simulatedTime } from '../../../src/web/simulated-time.ts';

it.each([
  [0, '0:00:00.000'],
  [32, '0:00:00.032'],
  [61_999.9, '0:01:01.999'],
  [36_000_000, '10:00:00.000'],
  [-5, '0:00:00.000'],
])('shows %d ms as %s', (milliseconds, text) => {
  expect(simulatedTime(milliseconds)).toBe(text);
});
