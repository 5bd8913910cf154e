import type { Party, Recorded } from './tape.ts';

/**
 * Who goes first of those who could: servers before engines, and before the client, so that a diagram shows all that
 * an act of the client leads to before its next one.
 */
const TURNS: readonly Party[] = ['simulation', 'session', 'git', 'engine', 'client'];

/** An engine prints before it streams, where it does both; that a connection breaks is noticed at once. */
function turnOf({ from, to, kind }: Recorded): number {
  if (kind === 'break') return -1;
  return TURNS.indexOf(from) * 2 + Number(from === 'engine' && to === 'client');
}

/**
 * What was recorded, each after its causes, and what is independent of each other always in the same order: two
 * recordings that differ only in who was faster are the same.
 */
export function inCanonicalOrder(recorded: readonly Recorded[]): Recorded[] {
  const waiting = new Set(recorded);
  const ordered: Recorded[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(({ causes }) => [...causes].every((cause) => !waiting.has(cause)));
    const [next] = ready.sort((a, b) => turnOf(a) - turnOf(b));
    if (!next) throw new Error('Expected no happening to be among its own causes');
    waiting.delete(next);
    ordered.push(next);
  }
  return ordered;
}
