import { NeutralToneMapping, PCFShadowMap, Scene, WebGLRenderer } from 'three';
import type { Frame } from '../../client/index.ts';
import { numberFrom } from './attribute.ts';
import { faceCamera } from './billboard.ts';
import { MOST_PIXEL_RATIO } from './bounds.ts';
import { ViewCamera } from './camera.ts';
import { FrameTimes } from './frame-times.ts';
import { Labels } from './labels.ts';
import { fitLights } from './lights.ts';
import { MeshStore } from './meshes.ts';
import { Motion } from './motion.ts';
import { readSceneXml } from './scene-document.ts';
import { SceneGraph } from './scene-graph.ts';
import { Surroundings } from './surroundings.ts';
import { TextureStore } from './textures.ts';

export interface ViewerOptions {
  /** Holds the picture, and gives it its size. */
  readonly host: HTMLElement;
  /** Below which the engine serves textures and meshes, with a slash at its end. */
  readonly assets: string;
  readonly onNotice: (text: string) => void;
  /** A picture was drawn; `median` is the time from one to the next, in ms, once it is known. */
  readonly onDrawn: (median: number | undefined) => void;
}

/** Shows the scene of one session, until it is disposed of. Draws only when something has changed. */
export class Viewer {
  readonly #options: ViewerOptions;
  readonly #canvas = document.createElement('canvas');
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #abort = new AbortController();
  readonly #motion = new Motion();
  readonly #times = new FrameTimes();
  readonly #textures: TextureStore;
  readonly #meshes: MeshStore;
  readonly #graph: SceneGraph;
  readonly #surroundings: Surroundings;
  readonly #camera: ViewCamera;
  readonly #labels: Labels;
  readonly #resizing = new ResizeObserver(() => this.#resize());
  readonly #told = new Set<string>();
  #world = '';
  #viewpoint: Element | undefined;
  #isRunning = false;
  #isDrawing = true;
  #isLarger = false;
  #request: number | undefined;

  /** @throws Error where the browser has no WebGL */
  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute('role', 'application');
    this.#canvas.setAttribute(
      'aria-label',
      'The simulation in 3D; arrow keys turn, with Shift they move, + and − zoom',
    );
    const context = this.#canvas.getContext('webgl2', { antialias: true });
    if (context === null) throw new Error('Expected WebGL 2, but this browser has none');
    this.#renderer = new WebGLRenderer({ canvas: this.#canvas, context });
    this.#renderer.toneMapping = NeutralToneMapping;
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;
    // Who only turns the picture needs no other shadows.
    this.#renderer.shadowMap.autoUpdate = false;
    const place = () => ({ base: options.assets, world: this.#world });
    const shared = { place, signal: this.#abort.signal, onNotice: this.#notice };
    this.#textures = new TextureStore({ ...shared, onChange: () => this.#change(false) });
    this.#meshes = new MeshStore(shared);
    this.#surroundings = new Surroundings(this.#scene, this.#renderer, this.#textures);
    this.#camera = new ViewCamera(this.#canvas, () => this.#ask());
    this.#labels = new Labels(options.host);
    this.#graph = new SceneGraph({
      textures: this.#textures,
      meshes: this.#meshes,
      motion: this.#motion,
      onChange: this.#change,
      onNotice: this.#notice,
      onLights: () => this.#change(true),
      onSurrounding: this.#surround,
    });
    this.#scene.add(this.#graph.root);
    this.#surroundings.clear();
    options.host.prepend(this.#canvas);
    this.#resizing.observe(options.host);
  }

  /** @param world path of the world in its project */
  setWorld(world: string): void {
    this.#world = world;
  }

  load(xml: string): void {
    this.clear();
    const { elements, trouble } = readSceneXml(xml);
    if (trouble !== undefined) this.#notice(trouble);
    this.#graph.add(elements, null);
    this.resetViewpoint();
    this.#change(true);
  }

  add(xml: string, parent: string | null): void {
    const { elements, trouble } = readSceneXml(xml);
    if (trouble !== undefined) this.#notice(trouble);
    this.#graph.add(elements, parent);
    this.#change(true);
  }

  delete(id: string): void {
    this.#graph.delete(id);
  }

  show(id: string, isVisible: boolean): void {
    this.#graph.show(id, isVisible);
  }

  setRunning(isRunning: boolean): void {
    this.#isRunning = isRunning;
    if (!isRunning) this.#motion.settle();
    this.#change(false);
  }

  /** While it does not draw, the canvas is hidden; the scene is kept up to date nevertheless. */
  setDrawing(isDrawing: boolean): void {
    this.#isDrawing = isDrawing;
    this.#canvas.hidden = !isDrawing;
    if (!isDrawing && this.#request !== undefined) {
      cancelAnimationFrame(this.#request);
      this.#request = undefined;
    }
    this.#motion.settle();
    this.#times.pause();
    this.#change(true);
  }

  frame({ updates, labels }: Frame): void {
    this.#labels.show(labels);
    if (updates.length === 0) return;
    this.#motion.beginFrame(performance.now(), this.#isRunning);
    for (const update of updates) this.#graph.update(update);
    this.#change(false);
  }

  /** The simulation is at its start again. */
  reset(): void {
    this.#labels.clear();
    this.resetViewpoint();
  }

  resetViewpoint(): void {
    this.#motion.settle();
    this.#camera.look(this.#viewpoint, this.#graph.root);
    this.#follow();
  }

  /** Nothing is to be seen. */
  clear(): void {
    this.#labels.clear();
    this.#graph.clear();
    this.#surroundings.clear();
    this.#textures.clear();
    this.#meshes.clear();
    this.#viewpoint = undefined;
    this.#camera.follow(undefined);
    this.#told.clear();
    this.#change(false);
  }

  /** Gives back all memory of the graphics card, and the context. */
  dispose(): void {
    this.#abort.abort();
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#resizing.disconnect();
    this.clear();
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#camera.dispose();
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
    this.#canvas.remove();
  }

  #follow(): void {
    const [id, name] = ['followedId', 'follow'].map((attribute) => this.#viewpoint?.getAttribute(attribute) ?? '');
    this.#camera.follow(this.#graph.find(id ?? '') ?? this.#graph.find(name ?? ''));
  }

  readonly #surround = (element: Element, isUpdate: boolean): void => {
    if (element.tagName === 'Background') this.#surroundings.setBackground(element);
    else if (element.tagName === 'Fog') this.#surroundings.setFog(element);
    else {
      this.#viewpoint = element;
      this.#renderer.toneMappingExposure = Math.max(numberFrom(element.getAttribute('exposure'), 1), 0);
      if (isUpdate) this.resetViewpoint();
    }
    this.#change(false);
  };

  readonly #notice = (text: string): void => {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.onNotice(text);
  };

  /** Asks for a picture; `isLarger` if something may have come where nothing was, or the lights are others. */
  readonly #change = (isLarger: boolean): void => {
    this.#isLarger ||= isLarger;
    this.#renderer.shadowMap.needsUpdate = true;
    this.#ask();
  };

  #ask(): void {
    if (this.#abort.signal.aborted || !this.#isDrawing) return;
    this.#request ??= requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now: number): void {
    this.#request = undefined;
    const isMoving = this.#motion.advance(now);
    this.#camera.advance();
    for (const billboard of this.#graph.billboards) faceCamera(billboard, this.#camera.camera);
    if (this.#isLarger) this.#light();
    this.#renderer.render(this.#scene, this.#camera.camera);
    this.#times.record(now);
    this.#options.onDrawn(this.#times.median);
    if (isMoving) this.#change(false);
    else if (!this.#isRunning) this.#times.pause();
  }

  #light(): void {
    this.#isLarger = false;
    this.#scene.updateMatrixWorld(true);
    const lights = [...this.#graph.lights].filter(({ isOn }) => isOn);
    fitLights(lights, this.#graph.root);
    this.#surroundings.setAmbient(lights.map(({ ambient }) => ambient));
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#options.host;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#renderer.setPixelRatio(Math.min(devicePixelRatio, MOST_PIXEL_RATIO));
    this.#renderer.setSize(clientWidth, clientHeight, false);
    this.#camera.resize(clientWidth / clientHeight);
  }
}
