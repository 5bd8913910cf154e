import { describe, expect, it } from 'vitest';
import { MOST_WORLDS, RecentWorlds } from '../../../src/web/recent-worlds.ts';

function store(first?: string) {
  const values = new Map<string, string>(first === undefined ? [] : [['webots-hub.recent-worlds', first]]);
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

describe('RecentWorlds', () => {
  it('keeps the latest worlds, each once, the latest first', () => {
    const worlds = new RecentWorlds(store());
    for (let index = 0; index < MOST_WORLDS + 2; index += 1) worlds.add(`world ${index}`);
    worlds.add('world 5');

    expect(worlds.list()).toHaveLength(MOST_WORLDS);
    expect(worlds.list().slice(0, 3)).toEqual(['world 5', 'world 11', 'world 10']);
  });

  it('forgets them', () => {
    const worlds = new RecentWorlds(store());
    worlds.add('a');
    worlds.clear();

    expect(worlds.list()).toEqual([]);
  });

  it.each(['no JSON', '{"a":1}', '[1,null]'])('has none where somebody else has written %s', (text) => {
    expect(new RecentWorlds(store(text)).list()).toEqual([]);
  });

  it('has none where the browser keeps nothing', () => {
    const worlds = new RecentWorlds(undefined);
    worlds.add('a');

    expect(worlds.list()).toEqual([]);
  });
});
