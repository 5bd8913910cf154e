import type { SessionEvents } from '../client/index.ts';
import { byId } from './elements.ts';

/** Entries that the page keeps; the oldest go first (our choice). */
const MOST_ENTRIES = 500;
/** Characters of a message that are shown; scenes are far longer (our choice). */
const LONGEST_TEXT = 400;
/** … of those that share an entry, which is to stay about as large as it is. */
const LONGEST_REPEATED_TEXT = 100;

/** Pixels from the end of the list that still count as its end: browsers round (our choice). */
const END_TOLERANCE = 4;

/** Messages that come again and again: those in a row share one entry. */
const REPEATED = [
  { begins: 'application/json:', name: 'frames' },
  { begins: '.', name: 'heartbeats' },
];

interface Entry {
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
    if (repeated === undefined) this.#add(elapsed, who, text, '');
    else if (this.#last?.key === repeated.name) this.#repeat(this.#last, text);
    else this.#add(elapsed, who, text, repeated.name);
  }

  /** What the page itself has to say. */
  addNote(elapsed: number, text: string): void {
    this.#add(elapsed, 'page', text, '');
  }

  #repeat(entry: Entry, text: string): void {
    entry.count += 1;
    this.#keepingEnd(() => {
      entry.text.textContent = `${entry.count} ${entry.key}, the last: ${shorten(text, LONGEST_REPEATED_TEXT)}`;
    });
  }

  #add(elapsed: number, who: string, text: string, key: string): void {
    const item = document.createElement('li');
    if (/^(error:|loading: Error:|stderr:)/.test(text)) item.dataset.kind = 'error';
    const body = column('text', shorten(text, key === '' ? LONGEST_TEXT : LONGEST_REPEATED_TEXT));
    item.append(column('at', `${(elapsed / 1000).toFixed(3)} s`), column('who', who), body);
    this.#last = { text: body, key, count: 1 };
    this.#keepingEnd(() => {
      this.#list.append(item);
      while (this.#list.childElementCount > MOST_ENTRIES) this.#list.firstElementChild?.remove();
      this.#list.hidden = false;
      this.#hint.hidden = true;
    });
  }

  /** Who reads the end of the list goes on reading it; who has scrolled up stays there. */
  #keepingEnd(change: () => void): void {
    const list = this.#list;
    const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - END_TOLERANCE;
    change();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }
}

function column(name: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = name;
  element.textContent = text;
  return element;
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}
