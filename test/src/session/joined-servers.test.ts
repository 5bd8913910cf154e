import { describe, expect, it } from 'vitest';
import { createJoinedServers, MOST_JOINED } from '../../../src/session/joined-servers.ts';

function startJoined(canAdd = true) {
  const done: string[] = [];
  const joined = createJoinedServers({
    isListed: (entry) => entry === 'listed:1',
    async add(entry) {
      done.push(`add ${entry}`);
      return canAdd;
    },
    renew: (entry) => done.push(`renew ${entry}`),
    remove: (entry) => done.push(`remove ${entry}`),
    close: (entry) => done.push(`close ${entry}`),
  });
  return { joined, done };
}

describe('servers that join', () => {
  it('are watched from the first time on, also where two calls come at once, and renewed from then on', async () => {
    const { joined, done } = startJoined();

    expect(await Promise.all([joined.join('a:1'), joined.join('a:1')])).toEqual([undefined, undefined]);
    expect([await joined.join('a:1'), joined.size, joined.has('a:1')]).toEqual([undefined, 1, true]);
    expect(done).toEqual(['add a:1', 'renew a:1', 'renew a:1']);
  });

  it('have left, were silent, or neither, when they are watched no more', async () => {
    const { joined, done } = startJoined();
    await joined.join('a:1');
    await joined.join('b:1');
    await joined.join('c:1');
    joined.leave('a:1');
    joined.lapse('b:1');

    expect(['a:1', 'b:1', 'c:1', 'c:1'].map(joined.ended)).toEqual(['left', 'silent', 'unwatched', undefined]);
    expect(joined.size).toBe(0);
    joined.leave('a:1');
    expect(done).toEqual(['add a:1', 'add b:1', 'add c:1', 'remove a:1']);
  });

  it('count once where the configuration names them, and stay in the list when they leave', async () => {
    const { joined, done } = startJoined();

    expect([await joined.join('listed:1'), joined.size]).toEqual([undefined, 0]);
    joined.leave('listed:1');
    expect([done, joined.ended('listed:1')]).toEqual([['close listed:1'], undefined]);
  });

  it('are refused in words beyond the most that may join, but for those that have', async () => {
    const { joined } = startJoined();
    for (let count = 0; count < MOST_JOINED; count++) await joined.join(`a:${count}`);

    expect(await joined.join('b:1')).toBe('Expected at most 200 simulation servers to join, and as many have.');
    expect(joined.refusal('b:1')).toBeDefined();
    expect([joined.refusal('a:7'), joined.refusal('listed:1')]).toEqual([undefined, undefined]);
    joined.ended('a:7');
    expect(await joined.join('b:1')).toBeUndefined();
  });

  it('can try again where they could not be watched', async () => {
    const { joined } = startJoined(false);

    expect(await joined.join('a:1')).toBe('The session server could not begin to watch this server.');
    expect(joined.size).toBe(0);
  });
});
