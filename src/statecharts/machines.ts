import { type AnyStateMachine, initialTransition } from 'xstate';
import { availabilityMachine } from '../../machines/availability.ts';
import { clientSessionMachine } from '../../machines/client-session.ts';
import { loadMonitorMachine } from '../../machines/load-monitor.ts';
import { mailerMachine } from '../../machines/mailer.ts';
import { membershipMachine } from '../../machines/membership.ts';
import { registrationMachine } from '../../machines/registration.ts';
import { sessionRequestMachine } from '../../machines/session-request.ts';
import { simulationServerMachine } from '../../machines/simulation-server.ts';
import { webotsProcessMachine } from '../../machines/webots-process.ts';
import { type Chart, chartOf, type Delays } from './chart.ts';

/** A machine that is shown to people. */
export interface ShownMachine {
  readonly machine: AnyStateMachine;
  /** Name of its file in `machines/`, without its ending. */
  readonly file: string;
  readonly chart: Chart;
}

const LAUNCH = { sessionId: '', projectFolder: '', worldPath: '', mode: 'scene', port: 0 } as const;

/** All machines, those of the simulation server first. */
export const SHOWN_MACHINES: readonly ShownMachine[] = [
  shown('client-session', clientSessionMachine, { id: '', streamBase: '' }),
  shown('webots-process', webotsProcessMachine, { launch: LAUNCH }),
  shown('load-monitor', loadMonitorMachine, {}),
  shown('registration', registrationMachine, { service: '', form: {} }),
  shown('membership', membershipMachine, { sessionServer: '', isOpen: true }),
  shown('simulation-server', simulationServerMachine, { entry: '', loadThreshold: 0, grantLoad: 0 }),
  shown('session-request', sessionRequestMachine, { id: '', queueTimeout: 50_000 }),
  shown('availability', availabilityMachine, { published: false, servers: [] }),
  shown('mailer', mailerMachine, { entries: [] }),
];

function shown(file: string, machine: AnyStateMachine, input: unknown): ShownMachine {
  return { machine, file, chart: chartOf(machine, delaysOf(machine, input)) };
}

/** The delays of a machine that was told nothing else than `input`. */
function delaysOf(machine: AnyStateMachine, input: unknown): Delays {
  const [{ context }] = initialTransition(machine, input);
  const delays = Object.entries(machine.implementations.delays ?? {});
  return Object.fromEntries(
    delays.map(([name, delay]) => [name, typeof delay === 'function' ? delay({ context } as never, undefined) : delay]),
  );
}
