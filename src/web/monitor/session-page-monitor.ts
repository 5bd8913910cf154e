import { chartLabel, LIGHT, type Lit, lightOf, STATE } from '../../monitor/lit-chart.ts';
import type { SessionPageMessage } from '../../monitor/messages.ts';
import {
  MESSAGE_COLUMNS,
  MESSAGES,
  sessionPageView,
  TIMELINE,
  TIMELINE_COLUMNS,
} from '../../monitor/session-page-view.ts';
import { byId } from '../elements.ts';
import { showLive } from './live-page.ts';

byId('again', HTMLElement).hidden = true;

const CHARTS = [
  { key: 'session', machine: 'clientSession' },
  { key: 'engine', machine: 'webotsProcess' },
] as const;

// The page's own address ends in the session's id.
showLive<SessionPageMessage>(`${location.pathname.split('/').at(-1)}/events`, {
  columns: { [TIMELINE]: TIMELINE_COLUMNS, [MESSAGES]: MESSAGE_COLUMNS },
  view: sessionPageView,
  isLast: ({ end }) => end !== null,
  heard({ lit }) {
    for (const { key, machine } of CHARTS) {
      const places = lit[key];
      if (places) light(byId(`chart-${key}`, HTMLElement), machine, places);
    }
  },
});

/** Drawings that were lit before: from then on only a change scrolls them. */
const frames = new WeakSet<HTMLElement>();

function light(frame: HTMLElement, machine: string, lit: Lit): void {
  let target: Element | undefined;
  const isFirst = !frames.has(frame);
  frames.add(frame);
  for (const box of frame.querySelectorAll(`[${STATE}]`)) {
    const path = box.getAttribute(STATE) ?? '';
    const found = lightOf(path, lit);
    if (found !== (box.getAttribute(LIGHT) ?? undefined)) {
      if (found) box.setAttribute(LIGHT, found);
      else box.removeAttribute(LIGHT);
      if (lit.active.includes(path)) target = box;
    } else if (isFirst && lit.active.includes(path)) target = box;
  }
  frame.querySelector('svg')?.setAttribute('aria-label', chartLabel(machine, lit));
  // What the reader scrolls himself stays where it is.
  if (target && !frame.matches(':hover, :focus')) show(frame, target);
}

/** Scrolls the drawing, and never the page. */
function show(frame: HTMLElement, box: Element): void {
  const [outer, inner] = [frame.getBoundingClientRect(), box.getBoundingClientRect()];
  frame.scrollBy({
    left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
    top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
  });
}
