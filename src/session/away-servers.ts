import { MOST_JOINED } from './joined-servers.ts';
import { type ReadRules, standingOf, type WorldPrefixes } from './repository-standing.ts';

/** Longest time in ms that a server is remembered after it last said something: our choice, enough to restart its machine. */
export const REMEMBERED = 600_000;

/** Whose worlds the servers run that had joined and are away: nobody is to be told that no server runs them. */
export interface AwayServers {
  /** A server that has joined says whose worlds it runs. */
  remember(entry: string, rules: ReadRules): void;
  /** Whether one that said so lately would run this world. */
  run(world: WorldPrefixes): boolean;
}

/** @param now ms on a clock that is never set */
export function createAwayServers(now = () => performance.now()): AwayServers {
  /** Those that have said nothing for the longest time first. */
  const away = new Map<string, { readonly rules: ReadRules; readonly until: number }>();
  return {
    remember(entry, rules) {
      away.delete(entry);
      away.set(entry, { rules, until: now() + REMEMBERED });
      const [first] = away.keys();
      if (away.size > MOST_JOINED && first !== undefined) away.delete(first);
    },
    run(world) {
      for (const [entry, { until }] of away) if (until <= now()) away.delete(entry);
      return [...away.values()].some(({ rules }) => standingOf(rules, world) !== 'refused');
    },
  };
}
