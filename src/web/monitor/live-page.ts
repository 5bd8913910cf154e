import { type Column, type Row, rowHtml, type View } from '../../monitor/html.ts';
import { byId } from '../elements.ts';
import { followEvents } from './event-stream.ts';

/** Time in ms between two looks at the clock: ages on the page count seconds. */
const TICK = 1_000;

/** A message with the time at which it was made, on a clock of the server. */
interface TimedMessage {
  readonly now: number;
}

export interface LivePage<Message> {
  /** Columns of each table, by its id. */
  readonly columns: Readonly<Record<string, readonly Column[]>>;
  view(message: Message, now: number): View;
  /** Whether nothing follows this message. */
  isLast?(message: Message): boolean;
  /** Hears every message beside the page itself. */
  heard?(message: Message): void;
}

/** Keeps the page as its server's events say, and says so itself when they stay away. */
export function showLive<Message extends TimedMessage>(url: string, page: LivePage<Message>): void {
  const live = byId('live', HTMLElement);
  const banner = byId('banner', HTMLElement);
  let latest: { readonly message: Message; readonly heardAt: number } | undefined;

  const show = () => {
    if (!latest) return;
    const { message, heardAt } = latest;
    const { fields, tables } = page.view(message, message.now + performance.now() - heardAt);
    for (const [id, html] of Object.entries(fields)) setHtml(byId(id, HTMLElement), html);
    for (const [id, rows] of Object.entries(tables)) {
      const body = document.getElementById(id);
      if (body) setRows(body, rows, page.columns[id] ?? []);
    }
  };

  followEvents<Message>(url, {
    heard(message) {
      latest = { message, heardAt: performance.now() };
      const isLast = page.isLast?.(message) ?? false;
      setText(live, isLast ? 'Ended' : 'Live');
      banner.hidden = true;
      show();
      page.heard?.(message);
      return isLast;
    },
    lost() {
      setText(live, 'Not live');
      setText(banner, 'The connection to the server is lost; these figures are old. Trying again…');
      banner.hidden = false;
    },
  });
  setInterval(show, TICK);
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** What was set last; the browser's own form of it may differ. */
const shown = new WeakMap<Element, string>();

/** Leaves alone what has not changed, and with it focus and selection. */
function setHtml(element: Element, html: string): void {
  if (shown.get(element) === html) return;
  shown.set(element, html);
  element.innerHTML = html;
}

function setRows(body: HTMLElement, rows: readonly Row[], columns: readonly Column[]): void {
  const present = new Map([...body.children].map((element) => [element.getAttribute('data-key'), element]));
  const focused = document.activeElement;
  const elements = rows.map((row) => {
    const element = present.get(row.key) ?? newRow(row, columns);
    element.setAttribute('data-mark', row.mark);
    row.cells.forEach((cell, index) => {
      const place = element.children[index];
      if (place) setHtml(place, cell);
    });
    return element;
  });
  if (
    elements.length === body.children.length &&
    elements.every((element, index) => element === body.children[index])
  ) {
    return;
  }
  body.replaceChildren(...elements);
  // What is moved loses the focus.
  if (focused instanceof HTMLElement && body.contains(focused)) focused.focus({ preventScroll: true });
}

function newRow(row: Row, columns: readonly Column[]): Element {
  const template = document.createElement('template');
  template.innerHTML = rowHtml(row, columns);
  const [element] = template.content.children;
  if (!element) throw new TypeError(`Expected a row for ${row.key}`);
  return element;
}
