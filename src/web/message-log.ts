import type { SessionEvents } from '../client/index.ts';
import { byId } from './elements.ts';

/** Entries that the page keeps; the oldest go first (our choice). */
const MOST_ENTRIES = 500;
/** Characters of a message that are shown; scenes are far longer (our choice). */
const LONGEST_TEXT = 400;

/** Messages that come again and again: those in a row share one entry. */
const REPEATED = [
  { begins: 'application/json:', name: 'frames' },
  { begins: '.', name: 'heartbeats' },
];

interface Entry {
  readonly item: HTMLElement;
  readonly text: HTMLElement;
  readonly key: string;
  count: number;
}

/** The list of everything that was said, with the time since the start of the session. Shows text only. */
export class MessageLog {
  readonly #list = byId('log', HTMLOListElement);
  readonly #hint = byId('log-empty', HTMLElement);
  #last: Entry | undefined;

  clear(): void {
    this.#list.replaceChildren();
    this.#last = undefined;
  }

  addMessage({ peer, direction, text, elapsed }: SessionEvents['message']): void {
    const who = direction === 'sent' ? `page → ${peer}` : `${peer} → page`;
    const repeated = REPEATED.find(({ begins }) => direction === 'received' && text.startsWith(begins));
    const key = repeated ? `${who} ${repeated.name}` : '';
    if (repeated && this.#last?.key === key) {
      this.#last.count += 1;
      this.#last.text.textContent = `${this.#last.count} ${repeated.name}, the last: ${shorten(text)}`;
    } else this.#add(elapsed, who, text, key);
  }

  /** What the page itself has to say. */
  addNote(elapsed: number, text: string): void {
    this.#add(elapsed, 'page', text, '');
  }

  #add(elapsed: number, who: string, text: string, key: string): void {
    const isAtEnd = this.#list.scrollTop + this.#list.clientHeight >= this.#list.scrollHeight - 4;
    const item = document.createElement('li');
    if (/^(error:|loading: Error:|stderr:)/.test(text)) item.dataset.kind = 'error';
    const body = column('text', shorten(text));
    item.append(column('at', `${(elapsed / 1000).toFixed(3)} s`), column('who', who), body);
    this.#list.append(item);
    this.#last = { item, text: body, key, count: 1 };
    while (this.#list.childElementCount > MOST_ENTRIES) this.#list.firstElementChild?.remove();
    this.#list.hidden = false;
    this.#hint.hidden = true;
    if (isAtEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function column(name: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = name;
  element.textContent = text;
  return element;
}

function shorten(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)`;
}
