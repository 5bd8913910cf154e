import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import { LoadedWorld } from './loaded-world.ts';
import type { RemoteFiles } from './network/remote-files.ts';
import { clientPath, findWorld, listWorlds, type Project } from './project.ts';
import { loadScene } from './scene/load-scene.ts';
import type { Scene } from './scene/scene.ts';
import type { Dialect } from './scene-xml/dialect.ts';
import { type RunMode, Runner } from './simulation/runner.ts';
import { Stage } from './stage.ts';
import { Audience } from './stream/audience.ts';
import { type ClientMessage, readClientMessage } from './stream/client-message.ts';
import type { Viewer } from './stream/viewer.ts';

/** What clients read in their console first. */
const INTRODUCTION = 'This is the embedded engine of webots-hub, not Webots.';

/** Unsupported messages of one client that are logged (our choice). */
const MOST_LOGGED_MISTAKES = 10;

/** Characters of such a message that are logged (our choice). */
const SHOWN_LENGTH = 80;

/** The two outputs of the program. */
export interface EngineOutput {
  /** A line of the protocol between an engine and who started it. */
  announce(line: string): void;
  /** A line for people. */
  log(line: string): void;
}

/** One world at a time, its simulation, and the clients who watch it. */
export class Engine {
  readonly #project: Project;
  readonly #output: EngineOutput;
  readonly #audience: Audience;
  readonly #remoteFiles: () => RemoteFiles | undefined;
  #stage: Stage | undefined;
  /** Messages are answered one after the other, in the order in which they came. */
  #work: Promise<void> = Promise.resolve();

  /** @param remoteFiles what the PROTOs of one world may be fetched by */
  constructor(project: Project, output: EngineOutput, remoteFiles: () => RemoteFiles | undefined) {
    this.#project = project;
    this.#remoteFiles = remoteFiles;
    this.#output = output;
    this.#audience = new Audience({
      said: (viewer, text) => this.#hear(viewer, text),
      wholeFrame: () => this.#stage?.world.wholeFrame(),
    });
  }

  /**
   * Shows the first world once it is there; who comes before gets the scene then.
   *
   * @param world absolute path
   * @throws AppError what loading the scene throws
   */
  start(world: string, loading: Promise<Scene>, mode: RunMode): Promise<void> {
    const starting = loading.then((scene) => this.#show(world, scene, mode));
    // What clients say meanwhile is answered afterwards; where loading failed the program ends.
    this.#work = starting.catch(() => {});
    return starting;
  }

  /** Tells everybody how loading goes. */
  showLoading(status: string, percent: number): void {
    this.#audience.tellEverybody(`loading:${status}:${percent}`);
  }

  /** Loads what taking clients needs. */
  async prepare(): Promise<void> {
    await this.#audience.prepare();
  }

  /** Takes a client of the stream. */
  admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    return this.#audience.admit(request, socket, head);
  }

  /** Stops the simulation and closes all streams in order. */
  async close(): Promise<void> {
    this.#stage?.runner.run('pause');
    await this.#audience.close();
  }

  async #show(path: string, scene: Scene, mode: RunMode): Promise<void> {
    const world = await LoadedWorld.of(path, clientPath(this.#project, this.#project.worlds), scene);
    const worlds = await listWorlds(this.#project);
    const names = worlds.map((listed) => clientPath(this.#project, listed));
    const runner = new Runner(world.simulation, {
      stepped: () => this.#showStep(),
      expired: () => this.#showPause(),
      failed: (error) => {
        this.#report(error);
        this.#showPause();
      },
    });
    for (const { dialect } of this.#audience.watching) if (dialect !== undefined) await world.prepareModel(dialect);
    this.#stage?.world.simulation.close();
    this.#stage = new Stage(world, runner, `world:${clientPath(this.#project, path)}:${names.join(';')}`);
    for (const notice of scene.notices) this.#output.log(notice);
    runner.run(mode);
  }

  #hear(viewer: Viewer, text: string): void {
    viewer.holdMessage();
    this.#work = this.#work
      .then(() => this.#answer(viewer, text))
      .catch((error: unknown) => this.#report(error))
      .finally(() => viewer.releaseMessage());
  }

  async #answer(viewer: Viewer, text: string): Promise<void> {
    const message = readClientMessage(text);
    if (message.kind === 'unsupported') this.#logMistake(viewer, text);
    else if (message.kind === 'video') {
      viewer.send('stderr:The embedded engine draws no pictures, so it has no video stream. Ask for x3d or w3d.');
      viewer.close();
    } else if (this.#stage !== undefined) await this.#obey(viewer, message, this.#stage);
  }

  async #obey(
    viewer: Viewer,
    message: Exclude<ClientMessage, { kind: 'unsupported' | 'video' }>,
    stage: Stage,
  ): Promise<void> {
    const { world, runner } = stage;
    switch (message.kind) {
      case 'watch':
        // Webots pauses at the next step for a client that has not said yet how long it wants to run.
        if (!message.isBroadcast) runner.limit(0);
        await this.#introduce(viewer, world.dialectFor(message.request), stage);
        world.simulation.prepare().catch((error: unknown) => this.#report(error));
        break;
      case 'pause':
        runner.run('pause');
        this.#showRest();
        this.#output.announce('pause');
        viewer.send('paused by client');
        break;
      case 'run':
        runner.limit(message.duration);
        runner.run(message.mode);
        this.#output.announce(message.mode);
        viewer.send(message.mode);
        break;
      case 'step':
        this.#output.announce('step');
        await runner.step().finally(() => this.#output.announce('pause'));
        this.#showRest();
        viewer.send('paused by client');
        break;
      case 'limit':
        runner.limit(message.duration);
        break;
      case 'reset':
        this.#reset(stage);
        this.#output.announce('reset');
        break;
      case 'reload':
        await this.#change(stage, world.path);
        break;
      case 'load': {
        const path = await findWorld(this.#project, message.world);
        if (path === undefined) this.#report(new AppError('worldMissing', 'The project has no such world.'));
        else await this.#change(stage, path);
        break;
      }
      case 'robot':
        // There are no controllers who could hear it.
        break;
    }
  }

  async #introduce(viewer: Viewer, dialect: Dialect, stage: Stage): Promise<void> {
    await stage.world.prepareModel(dialect);
    // From here on it gets frames, which it can make nothing of before it has the scene.
    viewer.dialect = dialect;
    stage.present(viewer);
    viewer.send(`stdout:${INTRODUCTION}`);
    stage.sendNotices(viewer);
  }

  /** Shows another world in the same mode; one that cannot be read leaves the old one, at its start. */
  async #change(stage: Stage, path: string): Promise<void> {
    const { mode } = stage.runner;
    stage.runner.run('pause');
    this.#audience.tell('delete world');
    try {
      const onProgress = (status: string, percent: number) => this.showLoading(status, percent);
      await this.#show(path, await loadScene(path, onProgress, this.#remoteFiles()), mode);
    } catch (error) {
      this.#report(error);
      stage.runner.reset();
      stage.world.restartFrames();
      stage.runner.run(mode);
    }
    const next = this.#stage ?? stage;
    for (const viewer of this.#audience.watching) {
      next.present(viewer);
      if (next !== stage) next.sendNotices(viewer);
    }
  }

  #reset({ world, runner }: Stage): void {
    runner.reset();
    world.restartFrames();
    this.#audience.showFrame(world.wholeFrame());
    this.#audience.tell('reset finished');
  }

  #showStep(): void {
    const frame = this.#stage?.world.dueFrame(performance.now());
    if (frame !== undefined) this.#audience.showFrame(frame);
  }

  /** Shows what the last steps did, where they came too early for a frame. */
  #showRest(): void {
    const frame = this.#stage?.world.restFrame();
    if (frame !== undefined) this.#audience.showFrame(frame);
  }

  /** Tells everybody that the simulation paused by itself. */
  #showPause(): void {
    this.#showRest();
    if (this.#stage !== undefined) this.#audience.tell(this.#stage.stateMessage);
    this.#output.announce('pause');
  }

  #report(error: unknown): void {
    const text = error instanceof AppError ? error.message : 'Internal error of the embedded engine.';
    this.#audience.tell(`stderr:${text}`);
    this.#output.log(error instanceof AppError ? text : `${text} ${error instanceof Error ? error.stack : error}`);
  }

  #logMistake(viewer: Viewer, text: string): void {
    viewer.mistakes++;
    if (viewer.mistakes > MOST_LOGGED_MISTAKES) return;
    this.#output.log(`Unsupported message of a client: ${JSON.stringify(text.slice(0, SHOWN_LENGTH))}.`);
  }
}
