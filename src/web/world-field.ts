import { byId } from './elements.ts';
import { RecentWorlds } from './recent-worlds.ts';
import { worldUrlProblem } from './world-url-check.ts';

/** The field for the address of a world, which is checked while somebody types, and the worlds that were started before. */
export class WorldField {
  readonly #field = byId('world', HTMLInputElement);
  readonly #problem = byId('world-problem', HTMLElement);
  readonly #recent = byId('recent', HTMLDetailsElement);
  readonly #list = byId('recent-list', HTMLUListElement);
  readonly #worlds = new RecentWorlds(storage());

  constructor() {
    this.#field.addEventListener('input', () => this.#check());
    byId('recent-clear', HTMLButtonElement).addEventListener('click', () => {
      this.#worlds.clear();
      this.#showRecent();
      this.#field.focus();
    });
    this.#showRecent();
  }

  get value(): string {
    return this.#field.value.trim();
  }

  set value(url: string) {
    this.#field.value = url;
    this.#check();
  }

  focus(): void {
    this.#field.focus();
  }

  remember(url: string): void {
    this.#worlds.add(url);
    this.#showRecent();
  }

  /** Tells, but does not forbid: servers know best what they run. */
  #check(): void {
    const problem = worldUrlProblem(this.value);
    this.#problem.textContent = problem ?? '';
    if (problem === undefined) this.#field.removeAttribute('aria-invalid');
    else this.#field.setAttribute('aria-invalid', 'true');
  }

  #showRecent(): void {
    const worlds = this.#worlds.list();
    this.#list.replaceChildren(...worlds.map((world) => this.#item(world)));
    this.#recent.hidden = worlds.length === 0;
  }

  #item(world: string): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = world;
    button.addEventListener('click', () => {
      this.value = world;
      this.#recent.open = false;
      this.focus();
    });
    const item = document.createElement('li');
    item.append(button);
    return item;
  }
}

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    // Where the browser forbids it, nothing is remembered.
    return undefined;
  }
}
