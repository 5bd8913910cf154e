import type { Label } from '../../client/index.ts';
import { LONGEST_LABEL, MOST_LABELS } from './bounds.ts';

/** `r,g,b,a` as engines write it. */
const COLOUR = /^\s*\d{1,3}(?:\.\d+)?(?:\s*,\s*\d{1,3}(?:\.\d+)?){2}\s*,\s*(?:0|1|[01]?\.\d+)(?:e-\d+)?\s*$/;

/** Texts over the picture, put in as text. */
export class Labels {
  readonly #host: HTMLElement;
  readonly #elements = new Map<number, HTMLElement>();

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  show(labels: readonly Label[]): void {
    for (const label of labels) this.#show(label);
  }

  clear(): void {
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
  }

  #show({ id, text, font, rgba, size, x, y }: Label): void {
    const element = this.#elements.get(id) ?? document.createElement('p');
    if (!this.#elements.has(id)) {
      if (this.#elements.size >= MOST_LABELS) return;
      element.className = 'picture-label';
      this.#elements.set(id, element);
      this.#host.append(element);
    }
    element.textContent = text.slice(0, LONGEST_LABEL);
    const { style } = element;
    style.left = `${100 * x}%`;
    style.top = `${100 * y}%`;
    // The picture is a container of its own, so that this is a part of its height.
    style.fontSize = `${Math.min(Math.max(50 * size, 0.5), 100)}cqh`;
    style.fontFamily = `${JSON.stringify(font)}, sans-serif`;
    style.color = COLOUR.test(rgba) ? `rgba(${rgba})` : '';
  }
}
