import type { LoadedWorld } from './loaded-world.ts';
import type { Runner } from './simulation/runner.ts';
import type { Viewer } from './stream/viewer.ts';

/** What is on show, and how it is told to a viewer from the start. */
export class Stage {
  readonly world: LoadedWorld;
  readonly runner: Runner;
  readonly #worldMessage: string;

  /** @param worldMessage names this world and those of the project */
  constructor(world: LoadedWorld, runner: Runner, worldMessage: string) {
    this.world = world;
    this.runner = runner;
    this.#worldMessage = worldMessage;
  }

  /** How the simulation runs, in the words that clients know. */
  get stateMessage(): string {
    return this.runner.mode === 'pause' ? `pause: ${this.world.simulation.time}` : this.runner.mode;
  }

  /** Sends the whole scene, in the order of Webots; nothing to a viewer who did not ask for one. */
  present(viewer: Viewer): void {
    if (viewer.dialect === undefined) return;
    viewer.send(this.#worldMessage);
    viewer.send(this.world.modelMessage(viewer.dialect));
    viewer.send(this.world.wholeFrame());
    viewer.isStale = false;
    viewer.send('scene load completed');
    viewer.send(this.stateMessage);
  }

  /** Sends what the engine does otherwise than Webots with this world. */
  sendNotices(viewer: Viewer): void {
    for (const notice of this.world.simulation.scene.notices) viewer.send(`stderr:${notice}`);
  }
}
