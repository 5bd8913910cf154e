import { describe, expect, it } from 'vitest';
import { trySeed } from './fuzz.ts';
import { FAILED_SEEDS } from './seeds.ts';

describe('projects drawn at random', { timeout: 120_000 }, () => {
  it('are shown and simulated, or refused with a reason', async () => {
    const { shown, refused, failure } = await trySeed(1);

    expect(failure).toBeUndefined();
    // Both kinds are drawn, or the draw would be of no use.
    expect(shown).toBeGreaterThan(refused);
    expect(refused).toBeGreaterThan(0);
  });

  it.each(FAILED_SEEDS)('of seed %i are no longer a fault: %s', async (seed) => {
    expect((await trySeed(seed)).failure).toBeUndefined();
  });
});
