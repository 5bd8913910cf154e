import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HANG_UP_TIME, watchHangUp } from '../../src/terminal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a SIGHUP', () => {
  it('is a hang-up where it comes with the end of the terminal', () => {
    const terminal = stand();
    const isHangUp = watchHangUp(terminal);
    expect(isHangUp()).toBe(false);

    terminal.isThere = false;

    expect(isHangUp()).toBe(true);
  });

  it('is an order where the terminal has been gone for long, as that of a server that was disowned', () => {
    const terminal = stand();
    const isHangUp = watchHangUp(terminal);
    terminal.isThere = false;
    vi.advanceTimersByTime(2 * HANG_UP_TIME);

    expect(isHangUp()).toBe(false);
  });

  it.each([
    ['there never was a terminal', { isThere: false }],
    ['input and output lead elsewhere, as with nohup', { isOnIt: false }],
  ])('is an order where %s', (_, state) => {
    const terminal = stand(state);
    const isHangUp = watchHangUp(terminal);
    terminal.isThere = false;

    expect(isHangUp()).toBe(false);
  });
});

function stand({ isThere = true, isOnIt = true } = {}) {
  const terminal = {
    isThere,
    hasTerminal: () => terminal.isThere,
    isOnTerminal: () => isOnIt,
    now: () => performance.now(),
  };
  return terminal;
}
