/**
 * The load of this machine: one sample a second, and the mean of the last
 * five, which is what a simulation server answers to `/load`.
 *
 * The `sampler` actor reads the operating system; it is provided in
 * `src/simulation-role/sessions.ts` and replaced in tests.
 */

import { assertEvent, assign, fromCallback, sendParent, setup } from 'xstate';
import { type LoadSample, loadOf } from './load-sample.ts';

export { type LoadSample, loadOf };

/** What the parent hears with every sample. */
export interface LoadReport {
  readonly type: 'load.measured';
  readonly sample: LoadSample;
}

/** Samples in the mean: webots-server `SNAPSHOT` window. */
const MEAN_SAMPLES = 5;

export const loadMonitorMachine = setup({
  types: {} as {
    /** `latest` and `mean` are 0 before the first sample. */
    context: { loads: readonly number[]; latest: number; mean: number; sample: LoadSample | undefined };
    events: { type: 'stop' } | { type: 'load.sampled'; sample: LoadSample };
  },
  actors: {
    sampler: fromCallback(() => {
      throw new Error("loadMonitor: the actor 'sampler' was not provided");
    }),
  },
  actions: {
    reportSample: sendParent(({ event }) => {
      assertEvent(event, 'load.sampled');
      return { type: 'load.measured', sample: event.sample } satisfies LoadReport;
    }),
    recordSample: assign(({ context, event }) => {
      assertEvent(event, 'load.sampled');
      const latest = loadOf(event.sample);
      const loads = [...context.loads, latest].slice(-MEAN_SAMPLES);
      return { loads, latest, mean: loads.reduce((sum, load) => sum + load, 0) / loads.length, sample: event.sample };
    }),
  },
}).createMachine({
  id: 'loadMonitor',
  description: 'The load of this machine, one sample a second.',
  context: { loads: [], latest: 0, mean: 0, sample: undefined },
  invoke: { id: 'sampler', src: 'sampler' },
  on: { stop: '.stopped' },
  initial: 'starting',
  states: {
    starting: {
      description: 'Holds until the first sample.',
      on: { 'load.sampled': { target: 'measuring', actions: ['recordSample', 'reportSample'] } },
    },
    measuring: {
      description: 'Holds while samples arrive.',
      on: { 'load.sampled': { actions: ['recordSample', 'reportSample'] } },
    },
    stopped: { type: 'final', description: 'Nothing is measured any more.' },
  },
});
