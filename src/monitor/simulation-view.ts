/** What changes on the monitor page of a simulation server. */
import { escapeHtml } from '../../machines/client-message.ts';
import { bytes, type Column, count, duration, loadedBy, percent, type Row, type View } from './html.ts';
import type { MembershipLine, SessionLine, SessionUsage, SimulationMonitorMessage } from './messages.ts';

export const SESSIONS = 'sessions';
export const MEMBERSHIPS = 'memberships';

/** Load in percent from which a session server sends nobody here, unless its `loadThreshold` is another. */
const HIGH_LOAD = 95;

export const STRANGER_COLUMNS: readonly Column[] = [
  { name: 'Session' },
  { name: 'Stage' },
  { name: 'Age', isNumber: true },
];

export const OPERATOR_COLUMNS: readonly Column[] = [
  { name: 'Session' },
  { name: 'World' },
  { name: 'Stage' },
  { name: 'CPU', isNumber: true },
  { name: 'Memory', isNumber: true },
  { name: 'Age', isNumber: true },
  { name: 'Time left', isNumber: true },
  { name: 'Port', isNumber: true },
  { name: 'Client' },
  { name: 'Order' },
];

export const MEMBERSHIP_COLUMNS: readonly Column[] = [
  { name: 'Session server' },
  { name: 'State' },
  { name: 'Problem' },
];

/** The machine's own names of the states, with what is not plain about them. */
const MEMBERSHIP_WORDS: Readonly<Record<MembershipLine['state'], string>> = {
  joining: 'joining',
  member: 'member: this server is in its list',
  retrying: 'retrying: not joined',
  leaving: 'leaving',
  away: 'away: this server takes no simulations',
  gone: 'gone',
};

/** @param now ms on the clock of the message */
export function simulationView(message: SimulationMonitorMessage, now: number): View {
  const { load, seated, seatedBefore, queued, maxConnections, sessions, unlisted, isOperator } = message;
  const { memberships = [] } = message;
  return {
    fields: {
      summary: summary(message),
      load: mark(load >= HIGH_LOAD ? 'bad' : 'plain', percent(load)),
      seated: mark(seated >= maxConnections ? 'bad' : 'plain', `${seated} of ${maxConnections}`),
      queued: String(queued),
      free: String(message.intake === 'open' && message.shortage === null ? Math.max(0, maxConnections - seated) : 0),
      unlisted: [
        ...(unlisted > 0 ? [`${count(unlisted, 'more session')} not listed.`] : []),
        ...(seatedBefore > 0 ? [`${count(seatedBefore, 'session')} of the version before still running.`] : []),
      ].join(' '),
      ...(isOperator && { intake: intakeForm(message) }),
    },
    tables: {
      [SESSIONS]: sessions.map((session) => (isOperator ? operatorRow(session, now) : strangerRow(session, now))),
      [MEMBERSHIPS]: memberships.map(membershipRow),
    },
  };
}

function mark(kind: Row['mark'], text: string): string {
  return `<span data-mark="${kind}">${text}</span>`;
}

function summary({
  intake,
  shortage,
  seated,
  queued,
  maxConnections,
  load,
  sessions,
}: SimulationMonitorMessage): string {
  const troubled = sessions.filter(({ engine }) => isTroubled(engine)).length;
  if (intake === 'stopping') return mark('bad', 'The server is being stopped; it takes no new simulations.');
  if (intake === 'drained') return mark('bad', 'The server is drained; it takes no new simulations.');
  if (shortage !== null) return mark('bad', `No simulation can be started: ${escapeHtml(shortage)}.`);
  if (seated >= maxConnections)
    return mark('bad', `The server is full: ${count(seated, 'simulation')}${queued > 0 ? `, ${queued} waiting` : ''}.`);
  if (load >= HIGH_LOAD) return mark('bad', `The machine is overloaded: ${percent(load)}, ${loadedBy(seated)}.`);
  if (troubled > 0) return mark('bad', `${count(troubled, 'engine')} not responding.`);
  return mark('good', 'Simulations can be started.');
}

function intakeForm({ intake }: SimulationMonitorMessage): string {
  if (intake === 'stopping') return '';
  const [order, text] =
    intake === 'open' ? ['drain', 'Take no new simulations'] : ['undrain', 'Take simulations again'];
  return `<form method="post" action="monitor/${order}"><button>${text}</button></form>`;
}

function strangerRow({ number, stage, engine, startedAt }: SessionLine, now: number): Row {
  return {
    key: String(number),
    mark: isTroubled(engine) ? 'bad' : 'plain',
    cells: [String(number), stageOf(stage, engine), duration(now - startedAt)],
  };
}

function operatorRow(session: SessionLine, now: number): Row {
  const { number, stage, engine, startedAt, id = '', endsAt = null, world, port, client, usage = null } = session;
  const path = `monitor/sessions/${encodeURIComponent(id)}`;
  return {
    key: String(number),
    mark: isTroubled(engine) ? 'bad' : 'plain',
    cells: [
      `<a href="${path}">Session ${number}</a>`,
      escapeHtml(world ?? '–'),
      stageOf(stage, engine),
      processorOf(usage),
      memoryOf(usage),
      duration(now - startedAt),
      endsAt === null ? '–' : duration(endsAt - now),
      String(port ?? '–'),
      escapeHtml(client ?? '–'),
      `<form method="post" action="${path}/end"><button aria-label="End session ${number}">End</button></form>`,
    ],
  };
}

function membershipRow({ sessionServer, state, problem }: MembershipLine): Row {
  return {
    key: sessionServer,
    mark: state === 'member' ? 'good' : problem === null ? 'plain' : 'bad',
    cells: [
      escapeHtml(sessionServer),
      `<span class="state">${MEMBERSHIP_WORDS[state]}</span>`,
      escapeHtml(problem ?? '–'),
    ],
  };
}

/** Percent of one processor; nothing where there is no process. */
export function processorOf(usage: SessionUsage | null): string {
  return usage && usage.memory > 0 && usage.cpu !== null ? percent(usage.cpu) : '–';
}

export function memoryOf(usage: SessionUsage | null): string {
  return usage && usage.memory > 0 ? bytes(usage.memory) : '–';
}

function stageOf(stage: string, engine: string | null): string {
  const trouble = isTroubled(engine) ? ' (engine not responding)' : '';
  // The name of the outermost state says nothing where there are others.
  return `<span class="state">${escapeHtml(stage.replace(/^connected\./, ''))}${trouble}</span>`;
}

function isTroubled(engine: string | null): boolean {
  return engine?.includes('unresponsive') === true;
}
