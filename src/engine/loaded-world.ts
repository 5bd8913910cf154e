import type { Scene } from './scene/scene.ts';
import { type Dialect, dialectFor, type SceneRequest } from './scene-xml/dialect.ts';
import { sceneXmlInSlices } from './scene-xml/scene-xml.ts';
import { type EncodedTemplate, encodeTemplate, fillEncoded } from './scene-xml/xml-writer.ts';
import { allPoses, FrameEncoder, frameMessage, poseAttributes } from './simulation/frame-encoder.ts';
import { FramePace } from './simulation/frame-pace.ts';
import { Simulation } from './simulation/simulation.ts';
import { runInTurns } from './turns.ts';

/** What begins the message with a scene. */
const MODEL = Buffer.from('model:');

/** A world in the engine: its simulation, and what clients are told of it. */
export class LoadedWorld {
  /** Absolute path of its file. */
  readonly path: string;
  readonly simulation: Simulation;
  readonly #folder: string;
  readonly #pace: FramePace;
  #encoder: FrameEncoder;
  readonly #templates = new Map<string, EncodedTemplate>();
  readonly #models = new Map<string, Buffer>();
  #modelSteps = 0;
  #framedSteps = 0;

  /**
   * Other work has its turn meanwhile.
   *
   * @param folder the folder of worlds, from the project down
   */
  static async of(path: string, folder: string, scene: Scene): Promise<LoadedWorld> {
    return new LoadedWorld(path, folder, await Simulation.inTurns(scene));
  }

  private constructor(path: string, folder: string, simulation: Simulation) {
    this.path = path;
    this.#folder = folder;
    this.simulation = simulation;
    this.#pace = new FramePace(simulation.scene.framesPerSecond);
    this.#encoder = new FrameEncoder(this.simulation.bodyIds, this.simulation.poses);
  }

  dialectFor(request: SceneRequest): Dialect {
    return dialectFor(request, this.simulation.scene.version);
  }

  /** Makes what the scene's text is the same in, whatever moves; other work has its turn meanwhile. */
  async prepareModel(dialect: Dialect): Promise<void> {
    const key = keyOf(dialect);
    if (this.#templates.has(key)) return;
    const { scene, bodyNumbers } = this.simulation;
    const options = { dialect, folder: this.#folder, bodies: bodyNumbers };
    this.#templates.set(key, await encodeTemplate(await runInTurns(sceneXmlInSlices(scene, options))));
  }

  /** The message with the scene as it is now, made once for all who ask at the same time. Comes after `prepareModel`. */
  modelMessage(dialect: Dialect): Buffer {
    if (this.#modelSteps !== this.simulation.steps) this.#models.clear();
    this.#modelSteps = this.simulation.steps;
    const key = keyOf(dialect);
    const known = this.#models.get(key);
    if (known !== undefined) return known;
    const template = this.#templates.get(key);
    if (template === undefined) throw new TypeError('Expected the scene to be prepared before it is told.');
    const { poses } = this.simulation;
    const message = fillEncoded([MODEL, ...template], (body) => poseAttributes(poses[body]!));
    this.#models.set(key, message);
    return message;
  }

  /** The frame that tells all poses. */
  wholeFrame(): string {
    const { time, bodyIds, poses } = this.simulation;
    return frameMessage(time, allPoses(bodyIds, poses));
  }

  /** The frame for a step that was just done; `undefined` where it is too early for one. */
  dueFrame(now: number): string | undefined {
    return this.#pace.isDue(now) ? this.#nextFrame() : undefined;
  }

  /** The frame for the steps since the last one; `undefined` where there were none. */
  restFrame(): string | undefined {
    return this.#framedSteps === this.simulation.steps ? undefined : this.#nextFrame();
  }

  /** To be called when all poses were set back and told. */
  restartFrames(): void {
    this.#encoder = new FrameEncoder(this.simulation.bodyIds, this.simulation.poses);
    this.#models.clear();
    this.#framedSteps = 0;
  }

  #nextFrame(): string {
    this.#framedSteps = this.simulation.steps;
    return frameMessage(this.simulation.time, this.#encoder.changes(this.simulation.poses));
  }
}

function keyOf({ root, tags }: Dialect): string {
  return `${root} ${tags}`;
}
