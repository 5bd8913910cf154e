import type { SimulationSession } from '../client/index.ts';
import { byId } from './elements.ts';
import { type StartStep, StartSteps } from './start-steps.ts';

/** Shows the steps of a start as they come, each with the time it took. */
export class StepList {
  readonly #list = byId('steps', HTMLOListElement);

  follow(session: SimulationSession): void {
    const steps = new StartSteps();
    this.#list.replaceChildren();
    session.on('stage', ({ stage, detail, elapsed }) => {
      steps.enter(stage, detail, elapsed);
      this.#show(steps.all);
    });
    session.on('queue', ({ elapsed, ...place }) => {
      steps.queue(place, elapsed);
      this.#show(steps.all);
    });
    session.on('progress', ({ percent, text, elapsed }) => {
      steps.progress(percent, text, elapsed);
      this.#show(steps.all);
    });
  }

  #show(steps: readonly StartStep[]): void {
    while (this.#list.childElementCount > steps.length) this.#list.lastElementChild?.remove();
    while (this.#list.childElementCount < steps.length) this.#list.append(newItem());
    for (const [index, step] of steps.entries()) fill(this.#list.children[index], step);
  }
}

function newItem(): HTMLElement {
  const item = document.createElement('li');
  const [title, time, detail] = ['title', 'took', 'detail'].map((name) => {
    const span = document.createElement('span');
    span.className = name;
    return span;
  });
  const bar = document.createElement('progress');
  bar.max = 1;
  item.append(title!, time!, detail!, bar);
  return item;
}

function fill(item: Element | undefined, { name, title, detail, begin, end, share }: StartStep): void {
  if (!(item instanceof HTMLElement)) return;
  const isDone = end !== undefined || name === 'streaming';
  item.dataset.step = name;
  item.dataset.state = isDone ? 'done' : 'current';
  setText(item, '.title', title);
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  setText(item, '.took', end === undefined ? `since ${seconds(begin)}` : seconds(end - begin));
  setText(item, '.detail', name === 'connecting' || (name === 'queue' && !isDone) ? detail : '');
  const bar = item.querySelector('progress');
  if (bar === null) return;
  bar.hidden = share === undefined || isDone;
  bar.value = share ?? 0;
  bar.setAttribute('aria-label', title);
}

function setText(item: Element, selector: string, text: string): void {
  const element = item.querySelector(selector);
  if (element !== null && element.textContent !== text) element.textContent = text;
}
