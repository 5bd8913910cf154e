import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseServer, hasRoom, type ServerView } from '../../../src/session/choose-server.ts';

const server = (entry: string, change: Partial<ServerView> = {}): ServerView => ({
  entry,
  state: 'available',
  load: 10,
  reserved: 0,
  ...change,
});

describe('chooseServer', () => {
  it('finds nothing where no server is available', () => {
    const servers = (['probing', 'overloaded', 'unreachable'] as const).map((state) => server(state, { state }));

    expect([chooseServer([]), chooseServer(servers)]).toEqual([undefined, undefined]);
  });

  it('counts what is reserved as load', () => {
    const chosen = chooseServer([server('a', { reserved: 5 }), server('b', { load: 12 })]);

    expect(chosen?.entry).toBe('b');
  });

  it('takes an available server whatever is reserved on it', () => {
    expect(chooseServer([server('a', { load: 94, reserved: 1_000 })])?.entry).toBe('a');
  });

  it('takes the first of the available servers with the lowest load', () => {
    const servers = fc.array(
      fc.record({
        entry: fc.string(),
        state: fc.constantFrom('probing', 'available', 'overloaded', 'unreachable'),
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

        expect(chooseServer(candidates)).toBe(best);
      }),
    );
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
