import type { ActorView } from '../../inspection/recording.ts';
import { timesAt } from '../../inspection/replay.ts';
import { LIGHT, lightOf, litChart, MOVE, STATE } from '../../monitor/lit-chart.ts';
import { byId } from '../elements.ts';
import { nameOf, seconds, stateOf } from './names.ts';

/** Attribute of the arrows of the last transition. */
const TAKEN = 'data-taken';

/** The chosen actor: its statechart with the states lit in which it is, how often and how long it was in each, its context. */
export class ActorPanel {
  readonly #heading = byId('actor-heading', HTMLElement);
  readonly #summary = byId('actor-summary', HTMLElement);
  readonly #chart = byId('chart', HTMLElement);
  readonly #states = byId('states', HTMLTableElement);
  readonly #rows = byId('state-rows', HTMLElement);
  readonly #contextHeading = byId('context-heading', HTMLElement);
  readonly #context = byId('context', HTMLElement);
  readonly #drawings = new Map<string, Promise<string | undefined>>();
  #machine: string | undefined;
  #shownId: string | undefined;

  /** @param now of the moment that is shown, as `Entry.at` */
  show(view: ActorView | undefined, now: number): void {
    setText(this.#heading, view ? nameOf(view.actor) : 'No actor is chosen');
    setText(this.#summary, view ? summaryOf(view) : 'Choose one in the tree, to see what it is doing.');
    this.#showStates(view, now);
    const context = view?.context;
    this.#contextHeading.hidden = this.#context.hidden = context === undefined;
    setText(this.#context, context === undefined ? '' : indented(context));
    void this.#showChart(view);
  }

  async #showChart(view: ActorView | undefined): Promise<void> {
    const machine = view?.actor.machine;
    if (machine !== this.#machine) {
      this.#machine = machine;
      this.#chart.replaceChildren();
      const svg = machine === undefined ? undefined : await this.#drawing(machine);
      // Another actor may have been chosen meanwhile.
      if (machine !== this.#machine) return;
      // Our own drawing, and from this server.
      if (svg !== undefined) this.#chart.innerHTML = litChart(svg, { active: [], visited: [] });
    }
    this.#chart.hidden = this.#chart.childElementCount === 0;
    if (view) this.#light(view);
  }

  #drawing(machine: string): Promise<string | undefined> {
    const found = this.#drawings.get(machine) ?? fetchDrawing(machine);
    this.#drawings.set(machine, found);
    return found;
  }

  #light({ actor, states, status, visits, lastMoves }: ActorView): void {
    const lit = { active: status === 'active' || status === 'done' ? states : [], visited: Object.keys(visits) };
    for (const element of this.#chart.querySelectorAll(`[${STATE}]`)) {
      const path = element.getAttribute(STATE) ?? '';
      setAttribute(element, LIGHT, path === '' ? undefined : lightOf(path, lit));
    }
    const taken = new Set(lastMoves.map(({ source, target }) => `${source} ${target}`));
    for (const element of this.#chart.querySelectorAll(`[${MOVE}]`)) {
      setAttribute(element, TAKEN, taken.has(element.getAttribute(MOVE) ?? '') ? 'last' : undefined);
    }
    if (this.#shownId === actor.id || this.#chart.hidden) return;
    this.#shownId = actor.id;
    centre(this.#chart, [...this.#chart.querySelectorAll(`[${LIGHT}="active"]`)].at(-1));
  }

  #showStates(view: ActorView | undefined, now: number): void {
    const times = view ? timesAt(view, now) : new Map<string, number>();
    this.#states.hidden = times.size === 0;
    const rows = [...times].map(([state, time]) => [state, String(view?.visits[state]?.count ?? 1), seconds(time)]);
    while (this.#rows.childElementCount > rows.length) this.#rows.lastElementChild?.remove();
    rows.forEach((cells, index) => {
      const row = this.#rows.children[index] ?? this.#rows.appendChild(newRow());
      for (const [column, cell] of cells.entries()) setText(row.children[column] as HTMLElement, cell);
    });
  }
}

async function fetchDrawing(machine: string): Promise<string | undefined> {
  try {
    const response = await fetch(`inspect/charts/${encodeURIComponent(machine)}`);
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

function summaryOf(view: ActorView): string {
  const { actor, lastEvent, lastMoves } = view;
  const kind = actor.machine ?? (actor.kind === 'supervisor' ? 'supervisor' : 'actor without states');
  const move = lastMoves.at(-1);
  const last = lastEvent === undefined ? '' : ` Last event: ${lastEvent}.`;
  const moved = move ? ` Last transition: ${move.source || 'any state'} → ${move.target}.` : '';
  return `${kind}, ${actor.id}: ${stateOf(view)}.${last}${moved}`;
}

function newRow(): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const isNumber of [false, true, true]) row.insertCell().className = isNumber ? 'number' : '';
  return row;
}

function indented(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    // It was cut off.
    return json;
  }
}

function centre(frame: HTMLElement, element: Element | undefined): void {
  if (!element) return;
  const outer = frame.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  frame.scrollBy(
    inner.left + inner.width / 2 - outer.left - outer.width / 2,
    inner.top + inner.height / 2 - outer.top - outer.height / 2,
  );
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function setAttribute(element: Element, name: string, value: string | undefined): void {
  if ((element.getAttribute(name) ?? undefined) === value) return;
  if (value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value);
}
