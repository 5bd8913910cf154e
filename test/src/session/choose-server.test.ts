import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseServer, type ServerView } from '../../../src/session/choose-server.ts';

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
