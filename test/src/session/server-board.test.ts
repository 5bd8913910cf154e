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

  it('has servers that have joined after the others, until they are removed', () => {
    const board = new ServerBoard(['a']);
    board.record('a', { load: 10 });
    const { version } = board;

    board.add('b');
    board.record('b', { load: 20 });
    expect(board.servers.map(({ entry, isJoined = false }) => [entry, isJoined])).toEqual([
      ['a', false],
      ['b', true],
    ]);
    expect([board.loadText, board.version]).toEqual(['15', version + 2]);

    board.remove('b');
    expect([board.servers.length, board.loadText]).toEqual([1, '10']);
  });

  it('refuses a server that it does not know', () => {
    expect(() => new ServerBoard(['a']).find('b')).toThrow('Expected one of the simulation servers, got b');
  });
});
