import type { Pose } from '../physics/motion.ts';

/** The new fields of a node, as clients read them: all values are text. */
export interface PoseUpdate {
  readonly id: number;
  readonly translation?: string;
  readonly rotation?: string;
}

/** Parts of a unit to which poses are rounded (Webots, `WbAnimationRecorder`). */
const PARTS = 10_000;

/** Smallest difference that is worth a message (Webots, `WbAnimationRecorder`). */
const SMALLEST_CHANGE = 1e-3;

/** Knows what was told of the poses of some solids, and writes what has changed since. */
export class FrameEncoder {
  readonly #ids: readonly number[];
  #told: readonly Pose[];

  /** @param poses what clients know at first */
  constructor(ids: readonly number[], poses: readonly Pose[]) {
    this.#ids = ids;
    this.#told = poses;
  }

  /** What has changed since it was told last. */
  changes(poses: readonly Pose[]): PoseUpdate[] {
    const told = [...this.#told];
    const updates = poses.flatMap((pose, index) => {
      const last = this.#told[index] ?? pose;
      const isMoved = differs(pose.translation, last.translation);
      const isTurned = differs(pose.rotation, last.rotation);
      if (!isMoved && !isTurned) return [];
      told[index] = {
        translation: isMoved ? pose.translation : last.translation,
        rotation: isTurned ? pose.rotation : last.rotation,
      };
      return {
        id: this.#ids[index]!,
        ...(isMoved && { translation: text(pose.translation) }),
        ...(isTurned && { rotation: text(pose.rotation) }),
      };
    });
    this.#told = told;
    return updates;
  }
}

/** All of the poses, for a client that may know none of them. */
export function allPoses(ids: readonly number[], poses: readonly Pose[]): PoseUpdate[] {
  return poses.map(({ translation, rotation }, index) => ({
    id: ids[index]!,
    translation: text(translation),
    rotation: text(rotation),
  }));
}

/** The message of a frame: with `poses` for clients up to R2023a, which hold the same. */
export function frameMessage(time: number, updates: readonly PoseUpdate[]): string {
  const frame = updates.length === 0 ? { time } : { time, updates, poses: updates };
  return `application/json:${JSON.stringify(frame)}`;
}

/** The attributes of a pose in a scene's text, unrounded. */
export function poseAttributes({ translation, rotation }: Pose): string {
  return ` translation='${translation.join(' ')}' rotation='${rotation.join(' ')}'`;
}

function differs(values: readonly number[], others: readonly number[]): boolean {
  return values.some((value, index) => Math.abs(value - (others[index] ?? 0)) >= SMALLEST_CHANGE);
}

function text(values: readonly number[]): string {
  // Adding zero makes minus zero plain zero.
  return values.map((value) => Math.round(value * PARTS) / PARTS + 0).join(' ');
}
