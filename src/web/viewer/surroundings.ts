import {
  AmbientLight,
  BackSide,
  type Color,
  type CubeTexture,
  Float32BufferAttribute,
  Fog,
  FogExp2,
  Mesh,
  MeshBasicMaterial,
  PMREMGenerator,
  Scene,
  SphereGeometry,
  type WebGLRenderer,
  type WebGLRenderTarget,
} from 'three';
import { firstUrlFrom, numberFrom } from './attribute.ts';
import { colourFrom } from './material.ts';
import type { TextureStore } from './textures.ts';

/** The faces of a sky in the order of three.js, which sees them from the other side. */
const FACES = ['backUrl', 'frontUrl', 'topUrl', 'bottomUrl', 'rightUrl', 'leftUrl'];

/** Part of the lights' ambient intensity that reaches what they do not light (our choice, by looking). */
const AMBIENT_SHARE = 0.35;

/** Part of the sky's light that reaches things (our choice, by looking). */
const SKY_SHARE = 0.8;

/** Part of a sky's light that comes from below (our choice, by looking). */
const GROUND_SHARE = 0.2;

/** What surrounds a scene: sky, fog, and the light that comes from everywhere. */
export class Surroundings {
  readonly #scene: Scene;
  readonly #renderer: WebGLRenderer;
  readonly #textures: TextureStore;
  readonly #ambient = new AmbientLight(0xffffff, 1);
  #reflections: WebGLRenderTarget | undefined;
  #cube: CubeTexture | undefined;
  #request = 0;

  constructor(scene: Scene, renderer: WebGLRenderer, textures: TextureStore) {
    this.#scene = scene;
    this.#renderer = renderer;
    this.#textures = textures;
  }

  clear(): void {
    this.#request += 1;
    this.#reflections?.dispose();
    this.#cube?.dispose();
    this.#reflections = undefined;
    this.#cube = undefined;
    this.#scene.background = null;
    this.#scene.environment = null;
    this.#scene.fog = null;
    this.#ambient.color.setRGB(0, 0, 0);
    this.#scene.add(this.#ambient);
  }

  setBackground(element: Element): void {
    const colour = colourFrom(element.getAttribute('skyColor'), [0, 0, 0]);
    const luminosity = Math.max(0, numberFrom(element.getAttribute('luminosity'), 1));
    this.#scene.background = colour;
    this.#scene.environmentIntensity = SKY_SHARE * luminosity;
    this.#reflect(skyOf(colour));
    const urls = FACES.map((name) => firstUrlFrom(element.getAttribute(name))).filter((url) => url !== undefined);
    if (urls.length === FACES.length) void this.#loadFaces(urls);
  }

  setFog(element: Element): void {
    const colour = colourFrom(element.getAttribute('color'), [1, 1, 1]);
    const range = numberFrom(element.getAttribute('visibilityRange'), 0);
    const isLinear = (element.getAttribute('fogType') ?? 'LINEAR').toUpperCase() === 'LINEAR';
    // At the end of the range, 1 − e^−4 = 98 % is fog.
    this.#scene.fog =
      range <= 0 ? null : isLinear ? new Fog(colour, 0, range) : new FogExp2(colour.getHex(), 2 / range);
  }

  setAmbient(colours: readonly Color[]): void {
    this.#ambient.color.setRGB(0, 0, 0);
    for (const colour of colours) this.#ambient.color.add(colour.multiplyScalar(AMBIENT_SHARE));
  }

  async #loadFaces(urls: readonly string[]): Promise<void> {
    const request = this.#request;
    const cube = await this.#textures.cube(urls);
    if (cube === undefined) return;
    if (request !== this.#request) return cube.dispose();
    this.#cube = cube;
    this.#scene.background = cube;
    // Pictures of skies have their top at y, scenes at z.
    this.#scene.backgroundRotation.set(Math.PI / 2, 0, 0);
    this.#scene.environmentRotation.set(Math.PI / 2, 0, 0);
    this.#reflect(cube);
  }

  #reflect(source: Scene | CubeTexture): void {
    const generator = new PMREMGenerator(this.#renderer);
    this.#reflections?.dispose();
    this.#reflections = source instanceof Scene ? generator.fromScene(source, 0.04) : generator.fromCubemap(source);
    generator.dispose();
    this.#scene.environment = this.#reflections.texture;
    if (!(source instanceof Scene)) return;
    source.traverse((part) => {
      if (!(part instanceof Mesh)) return;
      part.geometry.dispose();
      part.material.dispose();
    });
  }
}

/** What a sky of one colour lights things with: all of it from above, little from below, so that forms can be told. */
function skyOf(colour: Color): Scene {
  const sphere = new SphereGeometry(10);
  const places = sphere.getAttribute('position');
  const colours = Array.from({ length: places.count }, (_, index) => {
    const height = places.getZ(index) / 10;
    return colour
      .clone()
      .multiplyScalar(GROUND_SHARE + ((1 - GROUND_SHARE) * (1 + height)) / 2)
      .toArray();
  });
  sphere.setAttribute('color', new Float32BufferAttribute(colours.flat(), 3));
  const sky = new Scene();
  sky.add(new Mesh(sphere, new MeshBasicMaterial({ vertexColors: true, side: BackSide })));
  return sky;
}
