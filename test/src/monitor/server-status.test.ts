import { describe, expect, it } from 'vitest';
import { readStatus, toldRules } from '../../../src/monitor/server-status.ts';

const RULES = { allowed: ['https://github.com/a'], blocked: ['https://github.com/b'], shareIdleTime: 50, docker: true };
/** What version 0.1.0 answered. */
const EARLIER = { version: '1.2.3', engine: 'stand-in', capacity: 10, running: 2, intake: 'drained' };
const STATUS = { ...EARLIER, platform: 'linux x64', queued: 3, repositories: RULES };
const withRules = (change: object) => JSON.stringify({ ...STATUS, repositories: { ...RULES, ...change } });

describe('readStatus', () => {
  it('takes what it knows and leaves the rest', () => {
    expect(readStatus(JSON.stringify({ ...STATUS, later: true }))).toEqual(STATUS);
  });

  it('makes do with what a server does not tell', () => {
    expect(readStatus(JSON.stringify(EARLIER))).toEqual({ ...EARLIER, platform: '', queued: 0, repositories: null });
  });

  it.each([
    ['version', '12.5'],
    ['version', 'null'],
    ['version', '[]'],
    ['engine', JSON.stringify({ ...STATUS, engine: 'x'.repeat(201) })],
    ['capacity', JSON.stringify({ ...STATUS, capacity: 1e300 })],
    ['running', JSON.stringify({ ...STATUS, running: -1 })],
    ['intake', JSON.stringify({ ...STATUS, intake: 'toString' })],
    ['platform', JSON.stringify({ ...STATUS, platform: 7 })],
    ['queued', JSON.stringify({ ...STATUS, queued: 0.5 })],
    ['repositories.allowed', JSON.stringify({ ...STATUS, repositories: 'all' })],
    ['repositories.allowed', withRules({ allowed: [7] })],
    ['repositories.blocked', withRules({ blocked: ['x'.repeat(2_049)] })],
    ['repositories.blocked', withRules({ blocked: Array(2_001).fill('') })],
    ['repositories.shareIdleTime', withRules({ shareIdleTime: 101 })],
    ['repositories.docker', withRules({ docker: 'yes' })],
  ])('refuses what is no status because of its %s', (key, answer) => {
    expect(() => readStatus(answer)).toThrow(`Expected ${key} to be`);
  });

  it('refuses what is no JSON', () => {
    expect(() => readStatus('<html>')).toThrow();
  });
});

describe('toldRules', () => {
  it('are told up to what fits into an answer, and then not at all', () => {
    const many = (count: number) => ({ ...RULES, allowed: Array(count).fill('https://github.com/team/äbcdefgh') });

    expect([RULES, many(2_000), many(2_001)].map((rules) => toldRules(rules) !== null)).toEqual([true, true, false]);
    expect(toldRules({ ...RULES, blocked: Array(200).fill('x'.repeat(1_000)) })).toBeNull();
    expect(
      readStatus(JSON.stringify({ ...STATUS, repositories: toldRules(many(2_000)) })).repositories?.allowed,
    ).toHaveLength(2_000);
  });
});
