import { afterEach, describe, expect, it, vi } from 'vitest';
import type { End } from '../../../machines/end-reason.ts';
import { type Capacity, type CapacityOptions, watchCapacity } from '../../../src/simulation/capacity.ts';

const FULL: End = { reason: 'diskFull', text: 'full' };
const EXHAUSTED: End = { reason: 'machineExhausted', text: 'exhausted' };

/** An interval in ms that does not pass while a test runs. */
const NEVER = 3_600_000;

/** One that passes often. */
const SOON = 5;

let capacity: Capacity | undefined;
afterEach(() => capacity?.stop());

async function watch(options: Partial<CapacityOptions> = {}) {
  const check = vi.fn<() => End | undefined>();
  const thoroughCheck = vi.fn<() => End | undefined>();
  const changes: (End | undefined)[] = [];
  const onChange = (shortage: End | undefined) => void changes.push(shortage);
  capacity = await watchCapacity({ checks: [check], thoroughCheck, onChange, interval: NEVER, ...options });
  return { capacity, check, thoroughCheck, changes };
}

describe('the watch of capacity', () => {
  it('has looked once when it begins, and not thoroughly', async () => {
    const { capacity, check, thoroughCheck, changes } = await watch();

    expect([capacity.shortage, check.mock.calls.length, thoroughCheck.mock.calls.length]).toEqual([undefined, 1, 0]);
    expect(changes).toEqual([]);
  });

  it('tells a shortage and its end once each, however often it looks', async () => {
    const { check, changes } = await watch({ interval: SOON });

    check.mockReturnValue(FULL);
    await vi.waitFor(() => expect(check.mock.calls.length).toBeGreaterThan(5));
    check.mockReturnValue(undefined);

    await vi.waitFor(() => expect(changes).toEqual([FULL, undefined]));
  });

  it('looks at once after an end for want of something, and after no other', async () => {
    const { capacity, check } = await watch();
    check.mockReturnValue(FULL);

    capacity.recordEnd('clientLeft');
    capacity.recordEnd('engineCrashed');
    expect(check).toHaveBeenCalledTimes(1);
    capacity.recordEnd('diskFull');

    await vi.waitFor(() => expect(capacity.shortage).toEqual(FULL));
  });

  it('looks thoroughly after an end for want of something, until nothing is missing', async () => {
    const { capacity, thoroughCheck } = await watch({ interval: SOON });
    thoroughCheck.mockReturnValue(EXHAUSTED);

    capacity.recordEnd('engineNotStarted');
    await vi.waitFor(() => expect(thoroughCheck.mock.calls.length).toBeGreaterThan(3));
    expect(capacity.shortage).toEqual(EXHAUSTED);
    thoroughCheck.mockReturnValue(undefined);
    await vi.waitFor(() => expect(capacity.shortage).toBeUndefined());

    const { length } = thoroughCheck.mock.calls;
    capacity.recordEnd('clientLeft');
    expect(thoroughCheck).toHaveBeenCalledTimes(length);
  });

  it('takes a check that fails for a shortage, and looks again', async () => {
    const { capacity, check } = await watch({ interval: SOON });

    check.mockImplementation(() => {
      throw new Error('a bug');
    });
    await vi.waitFor(() => expect(capacity.shortage?.reason).toBe('internalError'));
    check.mockReset();

    await vi.waitFor(() => expect(capacity.shortage).toBeUndefined());
  });
});
