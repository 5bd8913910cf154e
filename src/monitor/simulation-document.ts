/** The pages of a simulation server as they are sent: complete without scripts. */
import { escapeHtml } from '../../machines/client-message.ts';
import { type LoadSample, loadOf } from '../../machines/load-sample.ts';
import { documentOf, field, table, timeOfDay } from './html.ts';
import type { SimulationMonitorMessage } from './messages.ts';
import {
  MEMBERSHIP_COLUMNS,
  MEMBERSHIPS,
  OPERATOR_COLUMNS,
  SESSIONS,
  STRANGER_COLUMNS,
  simulationView,
} from './simulation-view.ts';

/** What does not change while the server runs. */
export interface MachineFacts {
  readonly system: string;
  readonly cpu: string;
  readonly gpu: string;
  readonly memory: string;
}

export interface ServerFacts {
  readonly title: string;
  readonly description: string;
  readonly engine: string;
  readonly machine: MachineFacts;
  /** Shown to operators only, as are the lists below. */
  readonly allowedRepositories: readonly string[];
  readonly blockedRepositories: readonly string[];
  readonly notify: readonly string[];
  /** Percent. */
  readonly shareIdleTime: number;
}

export interface SimulationPage {
  readonly facts: ServerFacts;
  readonly message: SimulationMonitorMessage;
  /** Samples of the last ten minutes, one a second, the latest last. */
  readonly history: readonly LoadSample[];
  /** Whether there is a token by which a stranger could become an operator. */
  readonly hasToken: boolean;
}

/** Size of the chart in its own units: one a second, one a percent. */
const CHART = { width: 600, height: 100 };

export function simulationDocument({ facts, message, history, hasToken }: SimulationPage): string {
  const title = facts.title || 'Webots simulation server';
  const view = simulationView(message, message.now);
  const { isOperator } = message;
  const fact = (name: string, id: string) => `<div><dt>${name}</dt>${field(view, id, 'dd')}</div>`;
  const signIn = hasToken ? ' <a href="monitor?operator">Sign in as operator</a>' : '';
  return documentOf({
    title,
    root: '',
    script: 'simulation-monitor.js',
    styles: ['simulation-monitor.css'],
    body: `<header><h1>${escapeHtml(title)}</h1>
<p id="live" role="status">As of ${timeOfDay(message.time)}</p></header>
<main>
<p id="banner" class="banner" role="alert" hidden></p>
${facts.description ? `<p>${escapeHtml(facts.description)}</p>` : ''}
<p class="summary" role="status">${field(view, 'summary')}</p>
<dl class="figures">
${fact('Load', 'load')}${fact('Simulations', 'seated')}${fact('Free places', 'free')}${fact('Waiting', 'queued')}
</dl>
${isOperator ? field(view, 'intake', 'div') : ''}
<section>${table(view, SESSIONS, 'Sessions', isOperator ? OPERATOR_COLUMNS : STRANGER_COLUMNS)}
${field(view, 'unlisted', 'p')}</section>
${message.memberships?.length ? `<section>${table(view, MEMBERSHIPS, 'Session servers', MEMBERSHIP_COLUMNS)}</section>` : ''}
<section><h2>Load over ten minutes</h2><div id="charts"></div>${staticChart(history)}</section>
<section><h2>Machine</h2><dl class="facts">${rows([
      ['Engine', facts.engine],
      ['Host', facts.machine.system],
      ['CPU', facts.machine.cpu],
      ['GPU', facts.machine.gpu],
      ['Memory', facts.machine.memory],
    ])}</dl></section>
${isOperator ? lists(facts) : ''}
</main>
<footer><p>${isOperator ? 'You see what operators see.' : `You see what everybody sees.${signIn}`}</p></footer>`,
  });
}

function staticChart(history: readonly LoadSample[]): string {
  const left = CHART.width - history.length;
  const points = history.map((sample, index) => `${left + index},${(CHART.height - loadOf(sample)).toFixed(1)}`);
  return `<figure id="static-chart"><svg viewBox="0 0 ${CHART.width} ${CHART.height}" preserveAspectRatio="none" role="img" aria-label="Load in percent over the last ten minutes"><polyline points="${points.join(' ')}"/></svg>
<figcaption>0 to 100%</figcaption></figure>`;
}

function rows(facts: readonly (readonly [name: string, value: string])[]): string {
  return facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join('');
}

function lists({ allowedRepositories, blockedRepositories, notify, shareIdleTime }: ServerFacts): string {
  return `<section>${list('Allowed repositories', allowedRepositories, 'none')}
${list('Blocked repositories', blockedRepositories, 'none')}
${list(`Share Idle Time: ${shareIdleTime}%`, notify.map(hostOf), 'announced nowhere')}</section>`;
}

function list(heading: string, items: readonly string[], none: string): string {
  const body =
    items.length === 0 ? `<p>${none}</p>` : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
  return `<h2>${heading}</h2>${body}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
