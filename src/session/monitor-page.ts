import { createHash } from 'node:crypto';
import { escapeHtml } from '../../machines/client-message.ts';
import type { ServerView } from './choose-server.ts';
import type { Page } from './pages.ts';

export interface MonitorFacts {
  readonly servers: readonly ServerView[];
  /** Mean of the known loads in percent, undefined where none is known. */
  readonly meanLoad: number | undefined;
  /** Load in percent from which on a server gets no more clients. */
  readonly loadThreshold: number;
  /** Whether simulation servers are reached by https. */
  readonly ssl: boolean;
  readonly startedAt: Date;
}

/** Decimal places of a load: as many as the measure is worth. */
const LOAD_DIGITS = 2;

const STATE_WORDS: Readonly<Record<ServerView['state'], string>> = {
  probing: 'not heard of yet',
  available: 'available',
  overloaded: 'overloaded',
  unreachable: 'not responding',
};

const STYLE = `
:root { color-scheme: light dark; --edge: #8885; --bad: #b3261e; --good: #1a7f37; --link: #0b57d0 }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #56d364; --link: #8ab4f8 } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 }
a { color: var(--link) }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .4rem .75rem; border-bottom: 1px solid var(--edge); text-align: left; overflow-wrap: anywhere }
th:first-child, td:first-child { width: 1rem }
.load { text-align: right; white-space: nowrap }
.available { color: var(--good) }
.overloaded, .unreachable, .high { color: var(--bad) }
.high { font-weight: 600 }
tfoot td { border-bottom: 0; font-weight: 600 }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const HEADERS = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

/** The page `/monitor`: every simulation server with its load and its state. */
export function monitorPage(facts: MonitorFacts): Page {
  const { servers, startedAt } = facts;
  const start = startedAt.toISOString();
  const body = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width"><title>Webots session server</title><style>${STYLE}</style></head>
<body>
<h1>Webots session server</h1>
<p>Started on <time datetime="${start}">${start.slice(0, 10)} ${start.slice(11, 19)} UTC</time></p>
<p>Managing ${servers.length} simulation server${servers.length === 1 ? '' : 's'}:</p>
<table>
<thead><tr><th>#</th><th>Server</th><th class="load">Load</th><th>State</th></tr></thead>
<tbody>
${servers.map((server, index) => row(index + 1, server, facts)).join('\n')}
</tbody>
<tfoot><tr><td></td><td>Average</td>${loadCell(facts.meanLoad, facts.loadThreshold)}<td></td></tr></tfoot>
</table>
</body>
</html>
`;
  return { body, type: 'text/html; charset=UTF-8', headers: HEADERS };
}

function row(number: number, { entry, load, state }: ServerView, { ssl, loadThreshold }: MonitorFacts): string {
  const name = escapeHtml(entry);
  const link = `<a href="http${ssl ? 's' : ''}://${name}/monitor">${name}</a>`;
  return `<tr><td>${number}</td><td>${link}</td>${loadCell(load, loadThreshold)}<td class="${state}">${STATE_WORDS[state]}</td></tr>`;
}

function loadCell(load: number | undefined, loadThreshold: number): string {
  if (load === undefined) return '<td class="load">N/A</td>';
  const text = `${Number(load.toFixed(LOAD_DIGITS))}%`;
  return `<td class="load${load >= loadThreshold ? ' high' : ''}">${text}</td>`;
}
