import { describe, expect, it } from 'vitest';
import { withoutPaths } from '../../../src/webots/without-paths.ts';

describe('withoutPaths', () => {
  it.each([
    ['cannot read /home/operator/project/worlds/w.wbt', 'cannot read w.wbt'],
    ['at file:///home/u/webots-hub/dist/main.js:3:1', 'at main.js:3:1'],
    ['Error:/home/u/x failed', 'Error:x failed'],
    ['/srv/wébots/instances/a b/c.py', 'c.py'],
    ['"/usr/lib/x.so" and (/usr/lib/y.so)', '"x.so" and (y.so)'],
    ['see http://localhost:1999/monitor/a', 'see http://localhost:1999/monitor/a'],
    ['worlds/w.wbt, 3/4, and/or', 'worlds/w.wbt, 3/4, and/or'],
  ])('makes %j %j', (text, expected) => {
    expect(withoutPaths(text)).toBe(expected);
  });
});
