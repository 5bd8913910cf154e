import { AppError } from '../../errors.ts';
import { axisAngleOf } from '../math/rotation.ts';
import { type BodyPlan, planBodies, planBodiesInSlices } from '../physics/body-plan.ts';
import { rotationOf } from '../physics/collider-plan.ts';
import { Motion, type Pose } from '../physics/motion.ts';
import { loadRapier, type Rapier } from '../physics/rapier.ts';
import type { Scene } from '../scene/scene.ts';
import { vectorOf } from '../scene/scene-node.ts';
import { runAtOnce, runInTurns } from '../turns.ts';

/** Digits to which times are rounded, against what adding up a part of a millisecond leaves behind: 1 ns. */
const TIME_PARTS = 1e6;

/** The time and the moving bodies of a scene. */
export class Simulation {
  readonly scene: Scene;
  /** The number of the moving body that a solid is, by the solid's id. */
  readonly bodyNumbers: ReadonlyMap<number, number>;
  readonly #plan: BodyPlan;
  readonly #start: readonly Pose[];
  #poses: readonly Pose[];
  #steps = 0;
  #rapier: Rapier | undefined;
  #motion: Motion | undefined;
  #preparing: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  /** That of a scene; other work has its turn while its bodies are looked for. */
  static async inTurns(scene: Scene): Promise<Simulation> {
    return new Simulation(scene, await runInTurns(planBodiesInSlices(scene)));
  }

  constructor(scene: Scene, plan = planBodies(scene)) {
    this.scene = scene;
    this.#plan = plan;
    this.bodyNumbers = new Map(this.#plan.moving.map(({ solid }, index) => [solid.id, index]));
    this.#start = this.#plan.moving.map(({ solid }) => ({
      translation: vectorOf(solid, 'translation'),
      rotation: axisAngleOf(rotationOf(solid)),
    }));
    this.#poses = this.#start;
  }

  /** Simulated milliseconds since the start or the last reset. */
  get time(): number {
    return Math.round(this.#steps * this.scene.timeStep * TIME_PARTS) / TIME_PARTS;
  }

  /** How often `step` was called since the start or the last reset. */
  get steps(): number {
    return this.#steps;
  }

  /** Where the moving bodies are, as their fields say it. */
  get poses(): readonly Pose[] {
    return this.#poses;
  }

  /** The ids of the solids that move, in the order of their poses. */
  get bodyIds(): readonly number[] {
    return [...this.bodyNumbers.keys()];
  }

  /** Whether `step` needs no more than its time. */
  get isPrepared(): boolean {
    return this.#plan.moving.length === 0 || this.#motion !== undefined || this.#hasFailed;
  }

  /**
   * Loads and makes what `step` needs: nothing where nothing moves. Other work has its turn meanwhile.
   *
   * @throws AppError `internalError` where physics can make nothing of the world
   */
  async prepare(): Promise<void> {
    if (this.isPrepared) return;
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
    });
    await this.#preparing;
  }

  async #prepare(): Promise<void> {
    this.#rapier = await loadRapier();
    try {
      const motion = await runInTurns(this.#motionInSlices(this.#rapier));
      // Who closed it meanwhile, or made it at once, wants no other.
      if (this.#isClosed || this.#motion !== undefined) motion.free();
      else this.#motion = motion;
    } catch (error) {
      this.#hasFailed = true;
      throw failure(`failed at ${this.time} ms`, error);
    }
  }

  #motionInSlices(rapier: Rapier): Generator<void, Motion, undefined> {
    return Motion.inSlices(rapier, this.#plan, this.scene.gravity, this.scene.timeStep);
  }

  /**
   * Goes on by the time step of the world. Comes after `prepare`; after a reset without one, it makes its bodies at once.
   *
   * @throws AppError `internalError` where physics cannot go on; only `reset` helps then
   */
  step(): void {
    if (this.#plan.moving.length > 0) this.#move();
    this.#steps++;
  }

  /** Goes back to the start, exactly. */
  reset(): void {
    this.#steps = 0;
    this.#poses = this.#start;
    this.#hasFailed = false;
    this.#free();
  }

  /** Gives the memory of physics back, for good. */
  close(): void {
    this.#isClosed = true;
    this.#free();
  }

  #free(): void {
    this.#motion?.free();
    this.#motion = undefined;
  }

  #move(): void {
    if (this.#hasFailed) throw failure('needs a reset');
    try {
      if (this.#rapier === undefined)
        throw new TypeError('Expected the simulation to be prepared before its first step.');
      this.#motion ??= runAtOnce(this.#motionInSlices(this.#rapier));
      this.#motion.step();
      const poses = this.#motion.poses();
      if (!poses.every(isFinitePose)) throw new RangeError('Expected all bodies to be somewhere.');
      this.#poses = poses;
    } catch (error) {
      this.#hasFailed = true;
      // What failed inside WebAssembly must not be called again, not even to give its memory back.
      this.#motion = undefined;
      throw failure(`failed at ${this.time} ms`, error);
    }
  }
}

function failure(what: string, cause?: unknown): AppError {
  return new AppError('internalError', `The physics of this world ${what}.`, { cause });
}

function isFinitePose({ translation, rotation }: Pose): boolean {
  return translation.every(Number.isFinite) && rotation.every(Number.isFinite);
}
