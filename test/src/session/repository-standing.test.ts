import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRepository } from '../../../src/projects/repository-policy.ts';
import { readRules, standingOf, worldOf } from '../../../src/session/repository-standing.ts';

const URL_OF_WORLD = 'https://github.com/Team/robots/blob/main/a%20b/worlds/w.wbt';
const PREFIXES = [
  '["github.com"]',
  '["github.com","team"]',
  '["github.com","team","robots"]',
  '["github.com","team","robots","blob"]',
  '["github.com","team","robots","blob","main"]',
  '["github.com","team","robots","blob","main","a b"]',
  '["github.com","team","robots","blob","main","a b","worlds"]',
  '["github.com","team","robots","blob","main","a b","worlds","w.wbt"]',
];

describe('worldOf', () => {
  it.each([
    `url=${URL_OF_WORLD}`,
    `url=${encodeURIComponent(URL_OF_WORLD)}`,
    `ticket=1&url=${URL_OF_WORLD}`,
    new URLSearchParams({ url: URL_OF_WORLD }).toString(),
  ])('reads %s', (query) => {
    expect(worldOf(query)).toEqual(PREFIXES);
  });

  it.each([
    ['https://git.example.org/team/sub/robots/-/blob/main/worlds/w.wbt', '["git.example.org","team","sub","robots"]'],
    ['https://git.example.org/team/robots/src/branch/main/worlds/w.wbt', '["git.example.org","team","robots"]'],
    ['https://git.example.org/team/robots/blob/main/worlds/w.wbt', '["git.example.org","team","robots"]'],
  ])('reads %s of another git host', (url, repository) => {
    expect(worldOf(`url=${url}`)).toContain(repository);
  });

  it.each(['', 'url=', 'url=any', 'url=%', `xurl=${URL_OF_WORLD}`])('finds no world in "%s"', (query) => {
    expect(worldOf(query)).toBeUndefined();
  });
});

describe('standingOf', () => {
  it.each([
    ['https://gitlab.com/Group/Sub/Project', 'https://gitlab.com/group/sub/project/-/blob/main/course/worlds/w.wbt'],
    ['https://gitlab.com/g/p/-/tree/main/course', 'https://gitlab.com/g/p/-/blob/main/course/worlds/w.wbt'],
    ['https://codeberg.org/o/r/src/branch/main/course', 'https://codeberg.org/o/r/src/branch/main/course/worlds/w.wbt'],
    ['https://git.example.org/o/r', 'https://git.example.org/o/r/blob/main/worlds/w.wbt'],
  ])('finds a world below %s of another git host', (prefix, url) => {
    const rules = readRules({ allowed: [prefix], blocked: [], shareIdleTime: 0, docker: false });

    expect(standingOf(rules, worldOf(`url=${url}`)!)).toBe('dedicated');
  });

  it('judges as a simulation server does', () => {
    const prefix = fc.constantFrom(
      'https://github.com/team',
      'https://github.com/TEAM/robots',
      'https://github.com/team/robots.git',
      'https://github.com/team/robots/tree/main/a%20b',
      'https://github.com/te',
      'https://github.com',
      'https://github.com%0Ateam',
      '',
      'https://github.com/other',
    );
    const policies = fc.record({
      allowed: fc.array(prefix, { maxLength: 2 }),
      blocked: fc.array(prefix, { maxLength: 2 }),
      shareIdleTime: fc.constantFrom(0, 50),
      docker: fc.boolean(),
    });
    fc.assert(
      fc.property(policies, (rules) => {
        const policy = { ...rules, allowedRepositories: rules.allowed, blockedRepositories: rules.blocked };
        const isRunAt = (load: number) => {
          try {
            checkRepository(URL_OF_WORLD, policy, load);
            return true;
          } catch {
            return false;
          }
        };
        const expected = isRunAt(100) ? 'dedicated' : isRunAt(0) ? 'shared' : 'refused';

        expect(standingOf(readRules(rules), PREFIXES)).toBe(expected);
      }),
    );
  });
});
