import { MOST_JOINED } from './joined-servers.ts';
import { type ReadRules, standingOf, type WorldPrefixes } from './repository-standing.ts';

/** Longest time in ms that a server which is away is remembered: our choice, enough to restart its machine. */
export const REMEMBERED = 600_000;

/** Whose worlds the servers run that had joined and are away: nobody is to be told that no server runs them. */
export interface AwayServers {
  /** A server does not answer, or is listed no more. @param rules what it said last; undefined changes nothing */
  remember(entry: string, rules: ReadRules | undefined): void;
  /** The server is there again. */
  forget(entry: string): void;
  /** Whether one of them would run this world. */
  run(world: WorldPrefixes): boolean;
}

/** @param now ms on a clock that is never set */
export function createAwayServers(now = () => performance.now()): AwayServers {
  /** Those that have been away for the longest time first. */
  const away = new Map<string, { readonly rules: ReadRules; readonly until: number }>();
  return {
    remember(entry, rules) {
      if (!rules) return;
      away.delete(entry);
      away.set(entry, { rules, until: now() + REMEMBERED });
      const [first] = away.keys();
      if (away.size > MOST_JOINED && first !== undefined) away.delete(first);
    },
    forget: (entry) => void away.delete(entry),
    run(world) {
      for (const [entry, { until }] of away) if (until <= now()) away.delete(entry);
      return [...away.values()].some(({ rules }) => standingOf(rules, world) !== 'refused');
    },
  };
}
