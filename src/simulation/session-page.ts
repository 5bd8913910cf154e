import { escapeHtml } from '../../machines/client-message.ts';
import { documentOf, duration, type Row, table } from '../monitor/html.ts';
import type { SessionAccount } from './session-records.ts';
import type { Transition } from './transitions.ts';

const COLUMNS = [
  { name: 'After', isNumber: true },
  { name: 'Machine' },
  { name: 'State' },
  { name: 'Lasted', isNumber: true },
];

/** Milliseconds below which a time is given in them. */
const SECOND = 1_000;

/**
 * The page of one session, for operators: what it went through, and the last that its engine wrote.
 *
 * @param now ms on the clock that is never set
 */
export function sessionPage(account: SessionAccount, now: number): string {
  const { id, number, request, client, port, startedOn, startedAt, endsAt, transitions, output } = account;
  const written = output();
  const facts: readonly (readonly [string, string])[] = [
    ['Id', id],
    ['World', request?.url ?? '–'],
    ['Mode', request?.mode ?? '–'],
    ['Client', client ?? '–'],
    ['Port', String(port ?? '–')],
    ['Started', `${startedOn.slice(0, 10)} ${startedOn.slice(11, 19)} UTC, ${duration(now - startedAt)} ago`],
    ['Time left', endsAt === undefined ? '–' : duration(endsAt - now)],
  ];
  const view = { fields: {}, tables: { timeline: timeline(transitions, now - startedAt) } };
  return documentOf({
    title: `Session ${number}`,
    root: '../../',
    body: `<header><h1>Session ${number}</h1><p><a href="../../monitor">Monitor</a></p></header>
<main>
<section><h2>Facts</h2><dl class="facts">${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl></section>
<p><a href="${encodeURIComponent(id)}">Look again</a></p>
<form class="order" method="post" action="${encodeURIComponent(id)}/end"><button>End this session</button></form>
<section>${table(view, 'timeline', 'States', COLUMNS)}</section>
${tail('Output', written?.stdout)}
${tail('Errors', written?.stderr)}
</main>`,
  });
}

/** Each state with the time until the same machine entered the next one. */
function timeline(transitions: readonly Transition[], age: number): Row[] {
  return transitions.map(({ at, machine, state }, index) => {
    const next = transitions.slice(index + 1).find((later) => later.machine === machine);
    const lasted = next ? precise(next.at - at) : `${precise(age - at)} so far`;
    return { key: String(index), mark: 'plain', cells: [precise(at), machine, escapeHtml(state), lasted] };
  });
}

function precise(milliseconds: number): string {
  return milliseconds < SECOND ? `${Math.round(milliseconds)} ms` : duration(milliseconds);
}

function tail(heading: string, text: string | undefined): string {
  if (!text) return '';
  return `<section><h2 id="${heading}">${heading} of the engine, the last of it</h2><pre tabindex="0" role="region" aria-labelledby="${heading}">${escapeHtml(text)}</pre></section>`;
}
