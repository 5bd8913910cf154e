import type { Entry } from '../../inspection/recording.ts';
import type { Actors } from '../../inspection/replay.ts';
import { nameById, nameOf, seconds } from './names.ts';

/** Lines of the log: our choice, more than anybody reads; the filter finds others. */
export const MOST_LINES = 200;

/** Characters of what an event carried that a line shows. */
const MOST_DETAIL = 200;

/** The events, the latest first; a click on a time goes there. */
export class EventLog {
  readonly #body: HTMLElement;

  constructor(body: HTMLElement, jump: (n: number) => void) {
    this.#body = body;
    body.addEventListener('click', ({ target }) => {
      const row = target instanceof Element ? target.closest('button')?.closest('tr') : undefined;
      if (row?.dataset.n !== undefined) jump(Number(row.dataset.n));
    });
  }

  /** Forgets what is shown, because another recording follows. */
  clear(): void {
    this.#body.replaceChildren();
  }

  /** @param entries of the same recording as those before, the latest first */
  show(entries: readonly Entry[], actors: Actors): void {
    const numbers = entries.map(({ n }) => String(n));
    if (numbers.join() === [...this.#body.children].map((row) => (row as HTMLElement).dataset.n).join()) return;
    const present = new Map([...this.#body.children].map((row) => [(row as HTMLElement).dataset.n, row]));
    this.#body.replaceChildren(...entries.map((entry) => present.get(String(entry.n)) ?? line(entry, actors)));
  }
}

function line(entry: Entry, actors: Actors): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.dataset.n = String(entry.n);
  const time = row.insertCell();
  time.className = 'number';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = seconds(entry.at);
  time.append(button);
  const { from = '', actor, what, detail } = wordsOf(entry, actors);
  row.insertCell().textContent = from;
  row.insertCell().textContent = actor;
  const cell = row.insertCell();
  cell.textContent = what;
  if (detail === undefined) return row;
  const small = document.createElement('span');
  small.className = 'detail';
  small.textContent = ` ${detail.length > MOST_DETAIL ? `${detail.slice(0, MOST_DETAIL)}…` : detail}`;
  cell.append(small);
  return row;
}

function wordsOf(entry: Entry, actors: Actors) {
  switch (entry.type) {
    case 'actor':
      return { actor: nameOf(entry.actor), from: nameById(actors, entry.actor.parent), what: 'is created' };
    case 'event':
      return {
        actor: nameById(actors, entry.to),
        from: entry.from === undefined ? '' : nameById(actors, entry.from),
        what: `is sent ${entry.event}`,
        detail: entry.detail,
      };
    case 'step':
      return { actor: nameById(actors, entry.actor), what: stepWords(entry) };
  }
}

function stepWords({ event, status, states = [], moves = [] }: Extract<Entry, { type: 'step' }>): string {
  const end = status === 'active' ? '' : `, ${status}`;
  if (moves.length === 0) return `has dealt with ${event}${states.length > 0 ? ` in ${states.join(', ')}` : ''}${end}`;
  return `${moves.map(({ source, target }) => `${source || 'any state'} → ${target}`).join(', ')} by ${event}${end}`;
}
