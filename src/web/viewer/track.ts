import { Group, type Object3D, type Quaternion, Vector3 } from 'three';
import { flagFrom, numberFrom, rotationFrom, vectorFrom } from './attribute.ts';
import { MOST_BELT_ELEMENTS } from './bounds.ts';
import { quaternionFrom } from './motion.ts';
import { TrackBelt } from './track-belt.ts';

const UP = new Vector3(0, 1, 0);

/** The elements of a track's belt. The wire has one of them and the wheels; where the others are, and how they move, follows from these. */
export class Track {
  readonly #element: Element;
  readonly #pieces: readonly Object3D[];
  readonly #belt: TrackBelt;
  readonly #wheels: readonly Element[];
  readonly #turns = new Map<Element, Quaternion>();
  #distance = 0;

  /** @param parent what is drawn of the track; @param read draws a copy of the element below an object of its own */
  constructor(element: Element, parent: Object3D, read: (geometry: Element, object: Object3D) => void) {
    this.#element = element;
    this.#wheels = [...element.children].filter(({ tagName }) => tagName === 'TrackWheel');
    this.#belt = new TrackBelt(this.#wheels.map(wheelOf));
    const geometry = geometryOf(element);
    const count = geometry === undefined || this.#belt.length === 0 ? 0 : countOf(element);
    this.#pieces = Array.from({ length: count }, () => new Group());
    for (const piece of this.#pieces) {
      parent.add(piece);
      for (const child of geometry?.children ?? []) read(child.cloneNode(true) as Element, piece);
    }
    for (const wheel of this.#wheels) this.#turns.set(wheel, turnOf(wheel));
    this.#place();
  }

  /** A wheel may have turned: the belt goes with the first one. */
  roll(wheel: Element): void {
    const before = this.#turns.get(wheel);
    const now = turnOf(wheel);
    this.#turns.set(wheel, now);
    if (before === undefined || wheel !== this.#wheels[0]) return;
    const turned = now.clone().multiply(before.clone().invert());
    const angle = 2 * Math.atan2(turned.y, turned.w);
    const { radius, isInner } = wheelOf(wheel);
    // Of two ways around, a wheel has taken the shorter one.
    const shorter = angle > Math.PI ? angle - 2 * Math.PI : angle < -Math.PI ? angle + 2 * Math.PI : angle;
    this.#distance += (isInner ? 1 : -1) * radius * shorter;
    this.#place();
  }

  /** The track that this wheel belongs to. */
  has(wheel: Element): boolean {
    return wheel.parentElement === this.#element;
  }

  #place(): void {
    for (const [index, piece] of this.#pieces.entries()) {
      const { x, z, angle } = this.#belt.at(this.#distance + (index * this.#belt.length) / this.#pieces.length);
      piece.position.set(x, 0, z);
      piece.quaternion.setFromAxisAngle(UP, angle);
    }
  }
}

/** The element of which a belt is made; it is not drawn where it is written. */
export const isBeltElement = (element: Element): boolean => element.getAttribute('role') === 'animatedGeometry';

function geometryOf(element: Element): Element | undefined {
  return [...element.children].find(isBeltElement);
}

function countOf(element: Element): number {
  const wanted = Math.round(numberFrom(element.getAttribute('geometriesCount'), 10));
  return Math.min(Math.max(wanted, 0), MOST_BELT_ELEMENTS);
}

function wheelOf(element: Element) {
  const [x, , z] = vectorFrom(element.getAttribute('translation'), [0, 0, 0]);
  const inner = element.getAttribute('inner');
  return {
    x,
    z,
    radius: numberFrom(element.getAttribute('radius'), 0.1),
    isInner: inner?.trim() === '1' || flagFrom(inner, true),
  };
}

function turnOf(element: Element): Quaternion {
  return quaternionFrom(rotationFrom(element.getAttribute('rotation')));
}
