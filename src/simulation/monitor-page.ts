import { escapeHtml } from '../../machines/client-message.ts';
import type { LoadSample } from '../../machines/load-monitor.ts';
import { loadOf } from '../../machines/load-monitor.ts';

/** What does not change while the server runs. */
export interface MachineFacts {
  readonly system: string;
  readonly cpu: string;
  readonly gpu: string;
  readonly memory: string;
}

export interface MonitorFacts {
  readonly title: string;
  readonly description: string;
  /** Percent. */
  readonly load: number;
  readonly sessions: number;
  readonly maxConnections: number;
  readonly engine: string;
  readonly machine: MachineFacts;
  readonly allowedRepositories: readonly string[];
  readonly blockedRepositories: readonly string[];
  readonly shareIdleTime: number;
  readonly notify: readonly string[];
  /** Samples of the last ten minutes, one a second, the latest last. */
  readonly history: readonly LoadSample[];
}

/** Samples on the chart: ten minutes, as in webots-server. */
export const HISTORY_LENGTH = 600;

/** Size of the chart in its own units: one a second, one a percent. */
const CHART = { width: HISTORY_LENGTH, height: 100 };

/** The page `/monitor` of a simulation server; complete without scripts. */
export function monitorPage(facts: MonitorFacts): string {
  const title = facts.title || 'Webots simulation server';
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>
${facts.description ? `<p>${escapeHtml(facts.description)}</p>` : ''}
<p>Current load: <strong>${facts.load.toFixed(1)}%</strong> · ${facts.sessions} of ${facts.maxConnections} simulations running</p>
${chart(facts.history)}
<table>${rows([
    ['Engine', facts.engine],
    ['Host', facts.machine.system],
    ['CPU', facts.machine.cpu],
    ['GPU', facts.machine.gpu],
    ['Memory', facts.machine.memory],
  ])}</table>
${list('Allowed repositories', facts.allowedRepositories, 'none')}
${list('Blocked repositories', facts.blockedRepositories, 'none')}
${list(`Share Idle Time: ${facts.shareIdleTime}%`, facts.notify.map(hostOf), 'announced nowhere')}
</body></html>
`;
}

function chart(history: readonly LoadSample[]): string {
  const left = CHART.width - history.length;
  const points = history.map((sample, index) => `${left + index},${(CHART.height - loadOf(sample)).toFixed(1)}`);
  return `<figure><svg viewBox="0 0 ${CHART.width} ${CHART.height}" preserveAspectRatio="none" role="img" aria-label="Load in percent over the last ten minutes"><polyline points="${points.join(' ')}"/></svg>
<figcaption>Load over the last ten minutes, 0 to 100%</figcaption></figure>`;
}

function rows(facts: readonly (readonly [name: string, value: string])[]): string {
  return facts.map(([name, value]) => `<tr><th>${name}</th><td>${escapeHtml(value)}</td></tr>`).join('');
}

function list(heading: string, items: readonly string[], none: string): string {
  const body =
    items.length === 0 ? `<p>${none}</p>` : `<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
  return `<h2>${heading}</h2>${body}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

const STYLE = `
:root { color-scheme: light dark; --line: #0969da; --edge: #8886; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1rem; margin-bottom: .2rem; }
figure { margin: 1rem 0; }
svg { width: 100%; height: 8rem; border: 1px solid var(--edge); border-radius: 4px; }
polyline { fill: none; stroke: var(--line); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
figcaption { font-size: .85rem; opacity: .75; }
th { text-align: left; padding-right: 1.5rem; font-weight: 600; vertical-align: top; }
`;
