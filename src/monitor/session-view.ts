/** The monitor page of a session server. */
import { escapeHtml } from '../../machines/client-message.ts';
import {
  type Column,
  count,
  documentOf,
  duration,
  field,
  loadedBy,
  percent,
  type Row,
  sparkline,
  table,
  timeOfDay,
  type View,
} from './html.ts';
import type { ServerLine, ServerTransition, SessionMonitorMessage } from './messages.ts';

type State = ServerLine['state'];

/** Ids of what changes on the page. */
export const SERVERS = 'servers';
export const TRANSITIONS = 'transitions';

export const SERVER_COLUMNS: readonly Column[] = [
  { name: 'Server' },
  { name: 'State' },
  { name: 'Load', isNumber: true },
  { name: 'Last ten minutes' },
  { name: 'Reserved', isNumber: true },
  { name: 'Simulations', isNumber: true },
  { name: 'Engine' },
  { name: 'Version' },
  { name: 'Last answer', isNumber: true },
];

export const TRANSITION_COLUMNS: readonly Column[] = [{ name: 'Time' }, { name: 'Server' }, { name: 'Change' }];

/** The machine's own names of the states, with what is not plain about them. */
const STATE_WORDS: Readonly<Record<State, string>> = {
  probing: 'probing: not heard of yet',
  available: 'available',
  overloaded: 'overloaded: its machine is busy',
  draining: 'draining: takes no clients',
  unreachable: 'unreachable: not responding',
};

/** What needs somebody's attention stands first. */
const ORDER: readonly State[] = ['unreachable', 'overloaded', 'draining', 'probing', 'available'];

/** @param now ms on the clock of the message */
export function sessionView(message: SessionMonitorMessage, now: number): View {
  const sorted = message.servers.toSorted((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
  return {
    fields: {
      summary: summary(message.servers),
      'mean-load': message.meanLoad === null ? 'N/A' : percent(message.meanLoad),
      available: `${message.servers.filter(({ state }) => state === 'available').length} of ${message.servers.length}`,
      simulations: simulations(message.servers),
      watchers: String(message.watchers),
      queued: message.queued === null ? '–' : String(message.queued),
      grants: String(message.grants),
      refusals: `<span data-mark="${message.refusals > 0 ? 'bad' : 'plain'}">${message.refusals}</span>`,
    },
    tables: {
      [SERVERS]: sorted.map((server) => serverRow(server, message, now)),
      [TRANSITIONS]: message.transitions.map(transitionRow),
    },
  };
}

function summary(servers: readonly ServerLine[]): string {
  const numberOf = (state: State) => servers.filter((server) => server.state === state).length;
  const troubles = [
    [numberOf('unreachable'), 'not responding'],
    [numberOf('overloaded'), 'overloaded'],
    [numberOf('draining'), 'draining'],
    [numberOf('probing'), 'not heard of yet'],
  ] as const;
  const words = troubles.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const line = (mark: Row['mark'], text: string) => `<span data-mark="${mark}">${text}</span>`;
  if (servers.length === 0) return line('bad', 'There is no simulation server.');
  if (words.length === 0)
    return line(
      'good',
      servers.length === 1 ? 'The server is available.' : `All ${servers.length} servers are available.`,
    );
  const isBad = numberOf('unreachable') + numberOf('overloaded') > 0;
  return line(isBad ? 'bad' : 'plain', `Of ${count(servers.length, 'server')}: ${words.join(', ')}.`);
}

function serverRow(server: ServerLine, { ssl, loadThreshold }: SessionMonitorMessage, now: number): Row {
  const { entry, state, load, reserved, isJoined, answeredAt, latency, history, status } = server;
  const name = escapeHtml(entry);
  const age = answeredAt === null ? 'never' : `${duration(now - answeredAt)} ago`;
  return {
    key: entry,
    mark: markOf(state),
    cells: [
      `<a href="http${ssl ? 's' : ''}://${name}/monitor">${name}</a>${isJoined ? ' <small>joined</small>' : ''}`,
      [`<span class="state">${STATE_WORDS[state]}</span>`, ...remarks(server, loadThreshold)].join(' '),
      load === null ? 'N/A' : `<span data-mark="${load >= loadThreshold ? 'bad' : 'plain'}">${percent(load)}</span>`,
      sparkline(history, loadThreshold, `Load of ${entry} over ten minutes`),
      reserved === 0 ? '–' : percent(reserved),
      status ? `${status.running} of ${status.capacity}${status.queued > 0 ? `, ${status.queued} waiting` : ''}` : '–',
      status ? escapeHtml(status.engine) : '–',
      status ? escapeHtml(status.version) : '–',
      latency === null ? age : `${age} <small>in ${Math.ceil(latency)} ms</small>`,
    ],
  };
}

function remarks({ state, status }: ServerLine, loadThreshold: number): string[] {
  const texts = [
    ...(state === 'overloaded' ? [`${loadedBy(status?.running)}; gets clients below ${percent(loadThreshold)}`] : []),
    ...(status && status.intake !== 'open' ? [status.intake] : []),
  ];
  return texts.map((text) => `<small>${text}</small>`);
}

/** Those of all servers that say how many they run, of as many as there is room for. */
function simulations(servers: readonly ServerLine[]): string {
  const statuses = servers.flatMap(({ status }) => status ?? []);
  if (statuses.length === 0) return 'N/A';
  const sum = (key: 'running' | 'capacity') => statuses.reduce((total, status) => total + status[key], 0);
  return `${sum('running')} of ${sum('capacity')}`;
}

function markOf(state: State): Row['mark'] {
  if (state === 'available') return 'good';
  return state === 'unreachable' || state === 'overloaded' ? 'bad' : 'plain';
}

function transitionRow({ time, entry, before, state }: ServerTransition): Row {
  return {
    key: `${time} ${entry} ${state}`,
    mark: 'plain',
    cells: [timeOfDay(time), escapeHtml(entry), `${before} → <span data-mark="${markOf(state)}">${state}</span>`],
  };
}

/** The whole page, complete without scripts. */
export function sessionDocument(message: SessionMonitorMessage, startedAt: string): string {
  const view = sessionView(message, message.now);
  const fact = (name: string, id: string) => `<div><dt>${name}</dt>${field(view, id, 'dd')}</div>`;
  return documentOf({
    title: 'Webots session server',
    root: '',
    script: 'session-monitor.js',
    body: `<header><h1>Webots session server</h1>
<p id="live" role="status">As of ${timeOfDay(message.time)}</p></header>
<main>
<p id="banner" class="banner" role="alert" hidden></p>
<p class="summary" role="status">${field(view, 'summary')}</p>
<dl class="figures">
${fact('Available', 'available')}${fact('Mean load', 'mean-load')}${fact('Simulations', 'simulations')}${fact('Watchers', 'watchers')}${fact('Waiting in line', 'queued')}${fact('Granted in a minute', 'grants')}${fact('Refused in a minute', 'refusals')}
</dl>
<section>${table(view, SERVERS, 'Simulation servers', SERVER_COLUMNS)}</section>
<section class="scrolls" tabindex="0" aria-label="Latest changes">${table(view, TRANSITIONS, 'Latest changes', TRANSITION_COLUMNS)}</section>
</main>
<footer><p>Started on <time datetime="${startedAt}">${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC</time></p></footer>`,
  });
}
