import type { End } from '../../machines/end-reason.ts';
import type { Intake } from '../monitor/server-status.ts';

const STOPPING: End = { reason: 'drained', text: 'The simulation server is being stopped.' };
const DRAINED: End = { reason: 'drained', text: 'The simulation server takes no new simulations at the moment.' };

/** Whether the server takes clients, as its operator or its shutdown want it. */
export interface IntakeControl {
  readonly state: Intake;
  /** Why clients are refused, undefined while they are not. */
  readonly refusal: End | undefined;
  /** Takes no more clients until `undrain`. */
  drain(): void;
  /** Takes back `drain`, but never `stop`. */
  undrain(): void;
  /** Takes no more clients for good. */
  stop(): void;
}

/** @param onChange hears of each change; `refusal` says why clients are refused from now on */
export function createIntake(onChange: (refusal: End | undefined) => void = () => {}): IntakeControl {
  let state: Intake = 'open';
  const refusal = () => {
    if (state === 'open') return undefined;
    return state === 'stopping' ? STOPPING : DRAINED;
  };
  const change = (next: Intake) => {
    if (state === 'stopping' || state === next) return;
    state = next;
    onChange(refusal());
  };
  return {
    get state() {
      return state;
    },
    get refusal() {
      return refusal();
    },
    drain: () => change('drained'),
    undrain: () => change('open'),
    stop: () => change('stopping'),
  };
}
