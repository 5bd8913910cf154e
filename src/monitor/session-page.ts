/** The page of one session as it is sent, for operators: complete without scripts. */
import { documentOf, field, table, timeOfDay } from './html.ts';
import { litChart } from './lit-chart.ts';
import type { SessionPageMessage } from './messages.ts';
import { MESSAGE_COLUMNS, MESSAGES, sessionPageView, TIMELINE, TIMELINE_COLUMNS } from './session-page-view.ts';

/** Drawings of the two machines, SVG. */
export interface SessionDrawings {
  readonly session: string;
  readonly engine: string;
}

const NOT_STARTED = { active: [], visited: [] };

export function sessionPage(message: SessionPageMessage, drawings: SessionDrawings): string {
  const view = sessionPageView(message, message.now);
  const fact = (name: string, id: string) => `<dt>${name}</dt>${field(view, id, 'dd')}`;
  const tail = (heading: string, id: string) =>
    `<section><h2 id="${id}-heading">${heading} of the engine, the last of it</h2><pre tabindex="0" role="region" aria-labelledby="${id}-heading" id="${id}">${view.fields[id]}</pre></section>`;
  const chart = (heading: string, machine: keyof SessionDrawings) =>
    `<section><h2>${heading}</h2><div class="chart-frame" id="chart-${machine}" tabindex="0" role="region" aria-label="${heading}">${litChart(drawings[machine], message.lit[machine] ?? NOT_STARTED)}</div></section>`;
  return documentOf({
    title: `Session ${message.number}`,
    root: '../../',
    script: 'session-page-monitor.js',
    styles: ['chart.css'],
    body: `<header><h1>Session ${message.number}</h1><p><a href="../../monitor">Monitor</a> · <a href="../../inspect#${encodeURIComponent(message.id)}">Inspect its actors</a> · <span id="live" role="status">As of ${timeOfDay(message.time)}</span></p></header>
<main>
<p id="banner" class="banner" role="alert" hidden></p>
<p class="summary" role="status">${field(view, 'summary')}</p>
<section><h2>Facts</h2><dl class="facts"><dt>Id</dt><dd>${message.id}</dd>
${fact('World', 'world')}${fact('Mode', 'mode')}${fact('Client', 'client')}${fact('Port', 'port')}${fact('Started', 'started')}${fact('Time left', 'left')}${fact('CPU', 'cpu')}${fact('Memory', 'memory')}</dl></section>
<p id="again"><a href="${encodeURIComponent(message.id)}">Look again</a></p>
${field(view, 'order', 'div')}
<p class="legend">In the drawings, a state that holds is filled, and one that held before has a coloured border.</p>
${chart('States of the session', 'session')}
${chart('States of the engine', 'engine')}
<section class="scrolls" tabindex="0" aria-label="Messages">${table(view, MESSAGES, 'Messages, the latest first', MESSAGE_COLUMNS)}
${field(view, 'earlier-messages', 'p')}</section>
<section class="scrolls" tabindex="0" aria-label="States">${table(view, TIMELINE, 'States', TIMELINE_COLUMNS)}
${field(view, 'left-out-states', 'p')}</section>
${tail('Output', 'stdout')}
${tail('Errors', 'stderr')}
</main>`,
  });
}
