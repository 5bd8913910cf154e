import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RepositoryRules } from '../../../src/monitor/server-status.ts';
import { chooseServer, hasRoom, type ServerView } from '../../../src/session/choose-server.ts';
import { readRules, worldOf } from '../../../src/session/repository-standing.ts';

const server = (entry: string, change: Partial<ServerView> = {}): ServerView => ({
  entry,
  state: 'available',
  load: 10,
  reserved: 0,
  ...change,
});

const WORLD = worldOf('url=https://github.com/team/robots/blob/main/worlds/w.wbt')!;

/** What servers say of whose worlds they run. */
const rules = (change: Partial<RepositoryRules> = {}): RepositoryRules => ({
  allowed: [],
  blocked: [],
  shareIdleTime: 50,
  docker: true,
  ...change,
});
const dedicated = rules({ allowed: ['https://github.com/team'], docker: false });
const shared = rules();
const closed = rules({ docker: false });

/** The choice for `WORLD` between servers with these rules. */
function chooseBetween(servers: readonly [change: Partial<ServerView>, rules: RepositoryRules | undefined][]) {
  const views = servers.map(([change], index) => server(String(index), change));
  const read = servers.map(([, given]) => given && readRules(given));
  const choice = chooseServer(views, { world: WORLD, rulesOf: (entry) => read[Number(entry)] });
  return choice.server ? Number(choice.server.entry) : choice.refusal;
}

describe('chooseServer', () => {
  it('finds nothing where no server is available', () => {
    const servers = (['probing', 'overloaded', 'draining', 'unreachable'] as const).map((state) =>
      server(state, { state }),
    );

    expect([chooseServer([]), chooseServer(servers)]).toEqual([
      { refusal: 'noneAvailable' },
      { refusal: 'noneAvailable' },
    ]);
  });

  it('counts what is reserved as load', () => {
    const chosen = chooseServer([server('a', { reserved: 5 }), server('b', { load: 12 })]);

    expect(chosen.server?.entry).toBe('b');
  });

  it('takes an available server whatever is reserved on it', () => {
    expect(chooseServer([server('a', { load: 94, reserved: 1_000 })]).server?.entry).toBe('a');
  });

  it('takes for no world in particular the first of the available servers with the lowest load', () => {
    const servers = fc.array(
      fc.record({
        entry: fc.string(),
        state: fc.constantFrom('probing', 'available', 'overloaded', 'draining', 'unreachable'),
        load: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
        reserved: fc.integer({ min: 0, max: 3 }),
      }),
    );
    fc.assert(
      fc.property(servers, (candidates) => {
        const total = ({ load, reserved }: ServerView) => (load ?? 0) + reserved;
        const [best] = candidates
          .filter(({ state, load }) => state === 'available' && load !== undefined)
          .sort((one, other) => total(one) - total(other));

        expect(chooseServer(candidates).server).toBe(best);
      }),
    );
  });
});

describe('chooseServer, for a world', () => {
  it.each<[string, Parameters<typeof chooseBetween>[0], number | string]>([
    [
      'a dedicated server, whatever others have to share',
      [
        [{ load: 0 }, shared],
        [{ load: 90 }, dedicated],
      ],
      1,
    ],
    [
      'of dedicated servers the one with the lowest load and reserve',
      [
        [{ load: 20, reserved: 15 }, dedicated],
        [{ load: 30 }, dedicated],
      ],
      1,
    ],
    [
      'of those that share the one with most idle time, not the lowest load',
      [
        [{ load: 10 }, rules({ shareIdleTime: 30 })],
        [{ load: 20 }, rules({ shareIdleTime: 80 })],
      ],
      1,
    ],
    [
      'of those that share as much the one with less reserved',
      [
        [{ load: 10, reserved: 5 }, shared],
        [{ load: 10 }, shared],
      ],
      1,
    ],
    [
      'one that shares rather than one that says nothing',
      [
        [{ load: 1 }, undefined],
        [{ load: 10 }, shared],
      ],
      1,
    ],
    [
      'one that says nothing where no other runs the world',
      [
        [{ load: 1 }, closed],
        [{ load: 10 }, undefined],
      ],
      1,
    ],
    ['a dedicated server that blocks it as well', [[{}, rules({ ...dedicated, blocked: dedicated.allowed })]], 0],
    ['a shared server on which much is reserved', [[{ load: 49, reserved: 500 }, shared]], 0],
  ])('takes %s', (_, servers, expected) => {
    expect(chooseBetween(servers)).toBe(expected);
  });

  it.each<[string, RepositoryRules]>([
    ['has no containers', closed],
    ['shares nothing', rules({ shareIdleTime: 0 })],
    ['blocks it', rules({ blocked: ['https://github.com/team/robots'] })],
    ['allows one whose name goes on', rules({ allowed: ['https://github.com/te'], docker: false })],
  ])('says that nobody ever runs it where the only server %s', (_, given) => {
    expect(chooseBetween([[{}, given]])).toBe('noneAllows');
    expect(chooseBetween([[{ state: 'overloaded' }, given]])).toBe('noneAllows');
  });

  it.each<[string, Partial<ServerView>, RepositoryRules | undefined]>([
    ['has no idle time left', { load: 50 }, shared],
    ['is overloaded', { state: 'overloaded', load: 99 }, dedicated],
    ['drains', { state: 'draining' }, dedicated],
    ['does not answer, and has said nothing', { state: 'unreachable', load: undefined }, undefined],
  ])('says that nobody is available now where the one that may run it %s', (_, change, given) => {
    expect(
      chooseBetween([
        [{}, closed],
        [change, given],
      ]),
    ).toBe('noneAvailable');
  });
});

describe('hasRoom', () => {
  const facts = { loadThreshold: 95, grantLoad: 5, places: undefined };

  it.each([
    [{ load: 94.9 }, true],
    [{ load: 95 }, false],
    [{ load: 85, reserved: 5 }, true],
    [{ load: 90, reserved: 5 }, false],
    [{ load: undefined }, false],
  ])('looks at the load and what is reserved: %j', (change, expected) => {
    expect(hasRoom(server('a', change), facts)).toBe(expected);
  });

  it.each([
    [1, 0, true],
    [2, 0, false],
    [1, 5, false],
    [0, 5, true],
    [3, 0, false],
  ])(
    'looks at the places of a server that says that it has two: %i taken, %i %% reserved',
    (running, reserved, expected) => {
      const places = { capacity: 2, running };

      expect(hasRoom(server('a', { reserved }), { ...facts, places })).toBe(expected);
    },
  );

  it('knows of nobody sent lately where a client counts as nothing', () => {
    const places = { capacity: 2, running: 1 };

    expect(hasRoom(server('a'), { loadThreshold: 95, grantLoad: 0, places })).toBe(true);
  });
});
