import { describe, expect, it } from 'vitest';
import { ServerBoard } from '../../../src/session/server-board.ts';

describe('ServerBoard', () => {
  it('knows each server in the order of the configuration before anything was heard', () => {
    const board = new ServerBoard(['b:2000', 'a:2000']);

    expect(board.servers).toEqual([
      { entry: 'b:2000', state: 'probing', load: undefined, reserved: 0 },
      { entry: 'a:2000', state: 'probing', load: undefined, reserved: 0 },
    ]);
    expect(board.loadText).toBe('-1');
  });

  it.each([
    { loads: [25, 25.25], text: '25.125' },
    { loads: [0, 0], text: '0' },
    { loads: [0.1, 0.2], text: '0.15' },
    { loads: [10, 10, undefined], text: '10' },
    { loads: [1, 1, 0], text: '0.666667' },
    { loads: [1e-9], text: '0' },
    { loads: [undefined, undefined], text: '-1' },
  ])('gives $text for the mean of $loads', ({ loads, text }) => {
    const board = new ServerBoard(loads.map((_, index) => `host:${index}`));
    for (const [index, load] of loads.entries()) board.record(`host:${index}`, { load });

    expect(board.loadText).toBe(text);
  });

  it('has heard from all servers once each has left probing', async () => {
    const board = new ServerBoard(['a', 'b']);
    let isHeard = false;
    const heard = board.heardFromAll.then(() => {
      isHeard = true;
    });

    board.record('a', { state: 'available' });
    await Promise.resolve();
    expect(isHeard).toBe(false);

    board.record('b', { state: 'unreachable' });
    await heard;
    expect(isHeard).toBe(true);
  });

  it('refuses a server that is not configured', () => {
    expect(() => new ServerBoard(['a']).find('b')).toThrow('Expected one of the configured simulation servers, got b');
  });
});
