import type { SessionEvents } from '../client/index.ts';
import { byId } from './elements.ts';

/** Lines that the page keeps; the oldest go first (our choice). */
const MOST_LINES = 1000;
/** Characters of a line that are shown (our choice). */
const LONGEST_LINE = 2000;

/** Sequences by which programs colour terminals; only their text is shown. */
const TERMINAL_SEQUENCES = /\u001b\[[\d;]*[A-Za-z]/g;

/** What controllers and the engine print, with a field that leaves only the lines that hold a text. */
export class ConsoleLog {
  readonly #list = byId('console', HTMLOListElement);
  readonly #hint = byId('console-empty', HTMLElement);
  readonly #search = byId('console-search', HTMLInputElement);

  constructor() {
    this.#search.addEventListener('input', () => this.#filter());
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#list.hidden = true;
    this.#hint.hidden = false;
  }

  add({ stream, text }: Pick<SessionEvents['console'], 'stream' | 'text'>): void {
    const list = this.#list;
    const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
    for (const line of text.replace(/\n$/, '').split('\n')) {
      const item = document.createElement('li');
      item.dataset.kind = stream === 'stderr' ? 'error' : 'output';
      item.textContent = line.replace(TERMINAL_SEQUENCES, '').slice(0, LONGEST_LINE);
      item.hidden = !this.#holds(item);
      list.append(item);
    }
    while (list.childElementCount > MOST_LINES) list.firstElementChild?.remove();
    list.hidden = false;
    this.#hint.hidden = true;
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  #filter(): void {
    for (const item of this.#list.querySelectorAll('li')) item.hidden = !this.#holds(item);
  }

  #holds(item: HTMLElement): boolean {
    const wanted = this.#search.value.trim().toLowerCase();
    return (item.textContent ?? '').toLowerCase().includes(wanted);
  }
}
