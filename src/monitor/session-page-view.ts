/** What changes on the page of one session. */
import { escapeHtml } from '../../machines/client-message.ts';
import { type Column, count, duration, type Row, type View } from './html.ts';
import type { SessionMessage, SessionPageMessage, SessionTransition } from './messages.ts';
import { memoryOf, processorOf } from './simulation-view.ts';

/** Ids of what changes on the page. */
export const TIMELINE = 'timeline';
export const MESSAGES = 'messages';

export const TIMELINE_COLUMNS: readonly Column[] = [
  { name: 'After', isNumber: true },
  { name: 'Machine' },
  { name: 'State' },
  { name: 'Lasted', isNumber: true },
];

export const MESSAGE_COLUMNS: readonly Column[] = [
  { name: 'After', isNumber: true },
  { name: 'Direction' },
  { name: 'Message' },
];

const DIRECTIONS: Readonly<Record<SessionMessage['direction'], string>> = {
  fromClient: 'from the client',
  toClient: 'to the client',
};

/** Milliseconds below which a time is given in them. */
const SECOND = 1_000;

/** @param time ms on the clock of the message; it stands still when the session has ended */
export function sessionPageView(message: SessionPageMessage, time: number): View {
  const { end, endsAt, startedAt, startedOn, usage, messages } = message;
  const now = end ? message.now : time;
  return {
    fields: {
      summary: end
        ? `<span data-mark="bad">The session has ended: ${escapeHtml(end.reason)}.</span> ${escapeHtml(end.text)}`
        : `<span class="state">${escapeHtml(message.lit.session?.active.join(', ') ?? 'connecting')}</span>`,
      world: escapeHtml(message.url ?? '–'),
      mode: escapeHtml(message.mode ?? '–'),
      client: escapeHtml(message.client ?? '–'),
      port: String(message.port ?? '–'),
      started: `${startedOn.slice(0, 10)} ${startedOn.slice(11, 19)} UTC, ${duration(now - startedAt)} ago`,
      left: endsAt === null || end ? '–' : duration(endsAt - now),
      cpu: processorOf(usage),
      memory: memoryOf(usage),
      'earlier-messages': leftOut(message.messagesLeftOut, 'earlier message'),
      'left-out-states': leftOut(message.transitionsLeftOut, 'state'),
      order: end
        ? ''
        : `<form method="post" action="${encodeURIComponent(message.id)}/end"><button>End this session</button></form>`,
      stdout: escapeHtml(message.stdout),
      stderr: escapeHtml(message.stderr),
    },
    tables: {
      [TIMELINE]: timeline(message.transitions, now - startedAt, end !== null),
      [MESSAGES]: messages.map((line, index) => messageRow(line, message.messagesLeftOut + index)).reverse(),
    },
  };
}

function leftOut(number: number, noun: string): string {
  return number > 0 ? `${count(number, noun)} left out.` : '';
}

/** Each state with the time until the same machine entered the next one. */
function timeline(transitions: readonly SessionTransition[], age: number, isOver: boolean): Row[] {
  return transitions.map(({ at, machine, state }, index) => {
    const next = transitions.slice(index + 1).find((later) => later.machine === machine);
    const lasted = next ? precise(next.at - at) : `${precise(age - at)}${isOver ? '' : ' so far'}`;
    return { key: `${index} ${at}`, mark: 'plain', cells: [precise(at), machine, escapeHtml(state), lasted] };
  });
}

function messageRow({ at, direction, text, times }: SessionMessage, number: number): Row {
  const repeated = times > 1 ? ` <small>${times} times, this is the last</small>` : '';
  return {
    key: String(number),
    mark: 'plain',
    cells: [precise(at), DIRECTIONS[direction], `<code>${escapeHtml(text)}</code>${repeated}`],
  };
}

function precise(milliseconds: number): string {
  return milliseconds < SECOND ? `${Math.round(milliseconds)} ms` : duration(milliseconds);
}
