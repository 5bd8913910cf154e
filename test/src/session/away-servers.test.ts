import { expect, it } from 'vitest';
import { createAwayServers, REMEMBERED } from '../../../src/session/away-servers.ts';
import { MOST_JOINED } from '../../../src/session/joined-servers.ts';
import { readRules, worldOf } from '../../../src/session/repository-standing.ts';

const rulesFor = (allowed: string) => readRules({ allowed: [allowed], blocked: [], shareIdleTime: 50, docker: false });
const ada = worldOf('url=https://github.com/ada/robots/blob/main/worlds/arm.wbt')!;

function start() {
  let time = 0;
  const away = createAwayServers(() => time);
  return { away, after: (ms: number) => (time += ms) };
}

it('a server that is away runs the worlds that it said last that it runs', () => {
  const { away } = start();
  away.remember('b:1', rulesFor('https://github.com/bob'));
  expect(away.run(ada)).toBe(false);
  away.remember('a:1', rulesFor('https://github.com/ada'));
  expect(away.run(ada)).toBe(true);

  away.remember('a:1', rulesFor('https://github.com/bob'));
  expect(away.run(ada)).toBe(false);
});

it('is forgotten after ten minutes', () => {
  const { away, after } = start();
  away.remember('a:1', rulesFor('https://github.com/ada'));

  after(REMEMBERED - 1);
  expect(away.run(ada)).toBe(true);
  after(1);
  expect(away.run(ada)).toBe(false);
});

it('remembers as many as may join, the last ones', () => {
  const { away } = start();
  away.remember('a:1', rulesFor('https://github.com/ada'));
  for (let n = 1; n < MOST_JOINED; n++) away.remember(`b:${n}`, rulesFor('https://github.com/bob'));
  expect(away.run(ada)).toBe(true);

  away.remember('c:1', rulesFor('https://github.com/bob'));
  expect(away.run(ada)).toBe(false);
});
