import type { EventEntry } from '../../inspection/recording.ts';
import type { Actors } from '../../inspection/replay.ts';
import { nameById, seconds } from './names.ts';

/** Messages that are drawn: our choice, what fits on a few screens. */
export const MOST_MESSAGES = 60;

/** Sizes of the drawing, in pixels. */
const COLUMN = 160;
const LINE = 30;
const LEFT = 110;
const TOP = 40;
const HEAD = 6;

const SVG = 'http://www.w3.org/2000/svg';

/** The messages between actors as a sequence diagram, the first at the top. */
export class SequenceView {
  readonly #frame: HTMLElement;
  #shown = '';

  constructor(frame: HTMLElement) {
    this.#frame = frame;
  }

  /** Forgets what is shown, because another recording follows. */
  clear(): void {
    this.#shown = '';
    this.#frame.replaceChildren();
  }

  /** @param messages each with its sender, in the order of time, of the same recording as those before */
  show(messages: readonly EventEntry[], actors: Actors): void {
    const key = messages.map(({ n }) => n).join();
    if (key === this.#shown && this.#frame.childElementCount > 0) return;
    this.#shown = key;
    if (messages.length === 0) {
      this.#frame.textContent = 'No messages between actors until now.';
      return;
    }
    this.#frame.replaceChildren(draw(messages, actors));
  }
}

function draw(messages: readonly EventEntry[], actors: Actors): SVGElement {
  const ids = [...new Set(messages.flatMap(({ from, to }) => [from ?? to, to]))];
  const xOf = (id: string) => LEFT + COLUMN * (ids.indexOf(id) + 0.5);
  const height = TOP + LINE * (messages.length + 1);
  const width = LEFT + COLUMN * ids.length;
  const svg = element('svg', { class: 'sequence', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' });
  svg.setAttribute('aria-label', `The last ${messages.length} messages between ${ids.length} actors`);
  for (const id of ids) {
    svg.append(text(nameById(actors, id), xOf(id), TOP / 2, 'name', 'middle'));
    svg.append(element('line', { class: 'lifeline', x1: xOf(id), y1: TOP - 10, x2: xOf(id), y2: height }));
  }
  messages.forEach(({ at, from, to, event }, index) => {
    const y = TOP + LINE * (index + 1);
    const [start, end] = [xOf(from ?? to), xOf(to)];
    const direction = Math.sign(end - start) || 1;
    svg.append(text(seconds(at), 4, y, 'at', 'start'));
    svg.append(element('line', { class: 'message', x1: start, y1: y, x2: end, y2: y }));
    const tip = `${end},${y} ${end - direction * HEAD},${y - HEAD / 2} ${end - direction * HEAD},${y + HEAD / 2}`;
    svg.append(element('polygon', { class: 'head', points: tip }));
    svg.append(text(event, (start + end) / 2, y - 5, 'event', 'middle'));
  });
  return svg;
}

function text(content: string, x: number, y: number, className: string, anchor: string): SVGElement {
  const node = element('text', { x, y, class: className, 'text-anchor': anchor });
  node.textContent = content;
  return node;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}
