import { expect, vi } from 'vitest';
import type { AnyMachineSnapshot, InspectionEvent } from 'xstate';
import { type ChartPath, stateName } from './chart-paths.ts';

/** Longest wait for a state, in ms: our choice, many times what a busy machine needs for any of them. */
const BOUND = { timeout: 25_000, interval: 5 };

/** The states that the one actor of a machine goes through in a running program. */
export interface MachineTrace {
  /** To be given to the program's system. */
  inspect(event: InspectionEvent): void;
  /** The actor's snapshot now, once there is one. */
  snapshot(): AnyMachineSnapshot | undefined;
  /**
   * Does each act of a path, the next one once the machine is where the chart says.
   * Fails where the machine goes another way, also one by which it comes to the same state.
   */
  walk(path: ChartPath, act: (event: string, next: string | undefined) => unknown): Promise<void>;
}

/** @param machine its id */
export function traceMachine(machine: string): MachineTrace {
  const states: string[] = [];
  let last: AnyMachineSnapshot | undefined;

  function arrivedAt(expected: readonly string[]): Promise<void> {
    return vi.waitFor(() => expect(states.slice(0, expected.length)).toEqual(expected), BOUND);
  }

  return {
    inspect(event) {
      if (event.type !== '@xstate.snapshot') return;
      const snapshot = event.snapshot as AnyMachineSnapshot;
      if (snapshot.machine?.id !== machine) return;
      last = snapshot;
      const state = stateName(snapshot);
      if (state !== states.at(-1)) states.push(state);
    },
    snapshot: () => last,
    async walk({ start, steps }, act) {
      const expected = [start];
      await arrivedAt(expected);
      for (const [index, { event, state }] of steps.entries()) {
        await act(event, steps[index + 1]?.event);
        if (state !== expected.at(-1)) expected.push(state);
        await arrivedAt(expected);
      }
    },
  };
}
