import type { ActorView } from '../../inspection/recording.ts';
import type { Actors } from '../../inspection/replay.ts';
import { nameOf, stateOf } from './names.ts';

/** Actors that have ended and are shown: our choice, the last ones. */
const MOST_ENDED = 30;

/** Actors that are shown in all: our choice; a browser draws so many in some milliseconds. */
const MOST_SHOWN = 500;

/** The tree of actors; a click chooses one. */
export class ActorTree {
  readonly #root: HTMLElement;
  readonly #items = new Map<string, HTMLLIElement>();
  readonly #note = document.createElement('p');

  constructor(root: HTMLElement, choose: (id: string) => void) {
    this.#root = root;
    const list = document.createElement('ul');
    root.append(list, this.#note);
    root.addEventListener('click', ({ target }) => {
      const item = target instanceof Element ? target.closest('button')?.closest('li') : undefined;
      if (item?.dataset.id !== undefined) choose(item.dataset.id);
    });
  }

  /** Forgets what is shown, because another recording follows. */
  clear(): void {
    for (const item of this.#items.values()) item.remove();
    this.#items.clear();
  }

  /** @param actors of the same recording as those before */
  show(actors: Actors, chosen: string | undefined): void {
    const shown = shownOf(actors, chosen);
    this.#note.textContent = shown.size < actors.size ? `${actors.size - shown.size} more are not shown.` : '';
    for (const [id, item] of this.#items) {
      if (shown.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    for (const view of shown.values()) this.#showActor(view, view.actor.id === chosen);
  }

  #showActor(view: ActorView, isChosen: boolean): void {
    const { actor, status } = view;
    const item = this.#items.get(actor.id) ?? this.#add(view);
    const [button] = item.children;
    const [name, state] = button?.children ?? [];
    if (!button || !name || !state) return;
    if (item.dataset.status !== status) item.dataset.status = status;
    const text = stateOf(view);
    if (state.textContent !== text) state.textContent = text;
    if ((button.getAttribute('aria-current') === 'true') !== isChosen) {
      button.setAttribute('aria-current', String(isChosen));
    }
  }

  #add({ actor }: ActorView): HTMLLIElement {
    const item = document.createElement('li');
    item.dataset.id = actor.id;
    const button = document.createElement('button');
    button.type = 'button';
    const name = document.createElement('span');
    name.textContent = nameOf(actor);
    button.title = `${actor.machine ?? actor.kind}, ${actor.id}`;
    const state = document.createElement('span');
    state.className = 'state-name';
    button.append(name, state);
    item.append(button);
    const parent = actor.parent === undefined ? undefined : this.#items.get(actor.parent);
    this.#listOf(parent).append(item);
    this.#items.set(actor.id, item);
    return item;
  }

  #listOf(parent: HTMLElement | undefined): Element {
    const present = (parent ?? this.#root).querySelector(':scope > ul');
    if (present) return present;
    const list = document.createElement('ul');
    (parent ?? this.#root).append(list);
    return list;
  }
}

/** All that live and the last that have ended, with all above them, in the order in which they came. */
function shownOf(actors: Actors, chosen: string | undefined): Actors {
  const views = [...actors.values()];
  const living = views.filter(({ status }) => status === 'active').slice(0, MOST_SHOWN);
  const ended = views.filter(({ status }) => status !== 'active').slice(-MOST_ENDED);
  const wanted = new Set([...living, ...ended].map(({ actor }) => actor.id));
  if (chosen !== undefined) wanted.add(chosen);
  for (const id of [...wanted]) {
    for (let view = actors.get(id); view?.actor.parent !== undefined; view = actors.get(view.actor.parent)) {
      wanted.add(view.actor.parent);
    }
  }
  return new Map([...actors].filter(([id]) => wanted.has(id)));
}
