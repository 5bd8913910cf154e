/** A wheel of a track; lengths in metres, in the plane of x and z. */
export interface BeltWheel {
  readonly x: number;
  readonly z: number;
  readonly radius: number;
  /** Whether it lies inside the loop of the belt. */
  readonly isInner: boolean;
}

/** A place on a belt: `angle` in radians about y, which turns x into the direction of the belt. */
export interface BeltPlace {
  readonly x: number;
  readonly z: number;
  readonly angle: number;
}

interface Segment {
  readonly length: number;
  at(distance: number): BeltPlace;
}

const TURN = 2 * Math.PI;

/** Distance below which two wheels are at the same place, in metres. */
const SAME_PLACE = 1e-7;

/** The loop that a belt takes around the wheels of a track, in their order. */
export class TrackBelt {
  readonly length: number;
  readonly #segments: readonly Segment[];

  constructor(wheels: readonly BeltWheel[]) {
    this.#segments = segmentsAround(wheels.filter((wheel, index) => !isAt(wheel, wheels[index - 1])));
    this.length = this.#segments.reduce((sum, { length }) => sum + length, 0);
  }

  /** @param distance in metres from where the belt leaves the first wheel, around the loop as often as it takes */
  at(distance: number): BeltPlace {
    let rest = this.length === 0 ? 0 : ((distance % this.length) + this.length) % this.length;
    for (const segment of this.#segments) {
      if (rest <= segment.length) return segment.at(rest);
      rest -= segment.length;
    }
    return { x: 0, z: 0, angle: 0 };
  }
}

function isAt(wheel: BeltWheel, other: BeltWheel | undefined): boolean {
  return other !== undefined && Math.hypot(wheel.x - other.x, wheel.z - other.z) < SAME_PLACE;
}

function segmentsAround(wheels: readonly BeltWheel[]): Segment[] {
  const [only] = wheels;
  if (only === undefined) return [];
  if (wheels.length === 1) return [arc(only, Math.PI / 2, TURN)];
  const sides = wheels.map((wheel, index) => tangent(wheel, wheels[(index + 1) % wheels.length]!));
  return sides.flatMap(({ arrives, straight }, index) => {
    const next = wheels[(index + 1) % wheels.length]!;
    const turned = sides[(index + 1) % sides.length]!.leaves - arrives;
    // Around wheels within the loop the belt turns about y, from z to x.
    const sweep = (((next.isInner ? -turned : turned) % TURN) + TURN) % TURN;
    return [straight, arc(next, arrives, sweep)];
  });
}

/** Where the belt leaves one wheel and arrives at the next, as angles from x to z about their centres. */
function tangent(from: BeltWheel, to: BeltWheel): { leaves: number; arrives: number; straight: Segment } {
  const [dx, dz] = [to.x - from.x, to.z - from.z];
  const isCrossed = from.isInner !== to.isInner;
  const ratio = (isCrossed ? from.radius + to.radius : from.radius - to.radius) / Math.hypot(dx, dz);
  const opening = Math.acos(Math.min(Math.max(ratio, -1), 1));
  const leaves = Math.atan2(dz, dx) + (from.isInner ? opening : -opening);
  const arrives = isCrossed ? leaves + Math.PI : leaves;
  const [start, end] = [pointOf(from, leaves), pointOf(to, arrives)];
  const length = Math.hypot(end.x - start.x, end.z - start.z);
  const angle = -Math.atan2(end.z - start.z, end.x - start.x);
  const straight = {
    length,
    at: (distance: number) => {
      const share = length === 0 ? 0 : distance / length;
      return { x: start.x + share * (end.x - start.x), z: start.z + share * (end.z - start.z), angle };
    },
  };
  return { leaves, arrives, straight };
}

/** @param from angle from x to z; @param sweep radians, at least 0 */
function arc(wheel: BeltWheel, from: number, sweep: number): Segment {
  const sense = wheel.isInner ? -1 : 1;
  return {
    length: sweep * wheel.radius,
    at: (distance) => {
      const at = from + (wheel.radius === 0 ? 0 : (sense * distance) / wheel.radius);
      return { ...pointOf(wheel, at), angle: -(at + (sense * Math.PI) / 2) };
    },
  };
}

function pointOf({ x, z, radius }: BeltWheel, angle: number): { x: number; z: number } {
  return { x: x + radius * Math.cos(angle), z: z + radius * Math.sin(angle) };
}
