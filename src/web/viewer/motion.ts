import { type Object3D, Quaternion, Vector3 } from 'three';
import { type RotationTuple, rotationFrom, vectorFrom } from './attribute.ts';
import { LONGEST_INTERPOLATION } from './bounds.ts';

interface Move {
  readonly object: Object3D;
  readonly fromPosition: Vector3;
  readonly fromTurn: Quaternion;
  readonly toPosition: Vector3;
  readonly toTurn: Quaternion;
  readonly begin: number;
  readonly duration: number;
}

/** Draws out the moves between two frames of the engine, so that few frames a second still look smooth. */
export class Motion {
  readonly #moves = new Map<Object3D, Move>();
  #lastFrame: number | undefined;
  #duration = 0;

  /** A frame of the engine is about to be applied; moves that it begins last as long as the frame before. */
  beginFrame(now: number, isRunning: boolean): void {
    const gap = this.#lastFrame === undefined ? 0 : now - this.#lastFrame;
    this.#lastFrame = isRunning ? now : undefined;
    this.#duration = isRunning && gap <= LONGEST_INTERPOLATION ? gap : 0;
  }

  /** Puts the object where its element says, at once. */
  put(object: Object3D, element: Element): void {
    this.#moves.delete(object);
    object.position.copy(positionOf(element));
    object.quaternion.copy(turnOf(element));
  }

  /** Moves the object to where its element says. */
  move(object: Object3D, element: Element, now: number): void {
    if (this.#duration === 0) {
      this.put(object, element);
      return;
    }
    this.#moves.set(object, {
      object,
      fromPosition: object.position.clone(),
      fromTurn: object.quaternion.clone(),
      toPosition: positionOf(element),
      toTurn: turnOf(element),
      begin: now,
      duration: this.#duration,
    });
  }

  /** Puts everything where it is at `now`; true as long as something moves. */
  advance(now: number): boolean {
    for (const [object, move] of this.#moves) {
      const share = Math.min((now - move.begin) / move.duration, 1);
      object.position.lerpVectors(move.fromPosition, move.toPosition, Math.max(share, 0));
      object.quaternion.slerpQuaternions(move.fromTurn, move.toTurn, Math.max(share, 0));
      if (share >= 1) this.#moves.delete(object);
    }
    return this.#moves.size > 0;
  }

  /** Ends all moves where they lead to. */
  settle(): void {
    this.advance(Number.POSITIVE_INFINITY);
    this.#lastFrame = undefined;
    this.#duration = 0;
  }

  forget(object: Object3D): void {
    this.#moves.delete(object);
  }
}

export function quaternionFrom([x, y, z, angle]: RotationTuple): Quaternion {
  return new Quaternion().setFromAxisAngle(new Vector3(x, y, z), angle);
}

function positionOf(element: Element): Vector3 {
  return new Vector3(...vectorFrom(element.getAttribute('translation'), [0, 0, 0]));
}

function turnOf(element: Element): Quaternion {
  return quaternionFrom(rotationFrom(element.getAttribute('rotation')));
}
