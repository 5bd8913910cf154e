import {
  Box3,
  Color,
  DirectionalLight,
  Group,
  type Light,
  Mesh,
  type Object3D,
  PointLight,
  SpotLight,
  Vector3,
} from 'three';
import { flagFrom, numberFrom, vectorFrom } from './attribute.ts';
import { MOST_LIGHTS, MOST_SHADOWS, SHADOW_MAP_EDGE } from './bounds.ts';

export const LIGHTS: ReadonlySet<string> = new Set(['DirectionalLight', 'PointLight', 'SpotLight']);

/** Distance of a directional light from what it lights, in sizes of that: beyond it, nothing casts shadows. */
const SUN_DISTANCE = 2;

/** One light of a scene, below the node that carries it. */
export class SceneLight {
  readonly object = new Group();
  readonly #element: Element;
  #light: Light | undefined;

  constructor(element: Element) {
    this.#element = element;
    this.refresh();
  }

  /** The colour that it adds everywhere. */
  get ambient(): Color {
    const isOn = flagFrom(this.#element.getAttribute('on'), true);
    return this.#colour().multiplyScalar(isOn ? this.#number('ambientIntensity', 0) : 0);
  }

  get isOn(): boolean {
    return this.#light !== undefined;
  }

  refresh(): void {
    this.dispose();
    if (!flagFrom(this.#element.getAttribute('on'), true)) return;
    const light = this.#build();
    light.castShadow = flagFrom(this.#element.getAttribute('castShadows'), false);
    this.#light = light;
    this.object.add(light);
  }

  /** Leaves out what shaders cannot hold: `index` of this light among those that are on, and among those with shadows. */
  limit(index: number, shadowIndex: number): boolean {
    const light = this.#light;
    if (light === undefined) return false;
    light.visible = index < MOST_LIGHTS;
    light.castShadow &&= light.visible && shadowIndex < MOST_SHADOWS;
    return light.castShadow;
  }

  /** Aims shadows at what casts them, a box in the coordinates of the scene. */
  fit(casters: Box3): void {
    const light = this.#light;
    if (!light?.castShadow || !(light instanceof DirectionalLight) || casters.isEmpty()) return;
    const centre = casters.getCenter(new Vector3());
    const radius = Math.max(casters.getSize(new Vector3()).length() / 2, 0.1) * 1.1;
    const direction = new Vector3(...vectorFrom(this.#element.getAttribute('direction'), [0, 0, -1])).normalize();
    light.target.position.copy(centre);
    light.position.copy(centre).addScaledVector(direction, -SUN_DISTANCE * radius);
    const { camera } = light.shadow;
    Object.assign(camera, { left: -radius, right: radius, bottom: -radius, top: radius });
    Object.assign(camera, { near: 0.01 * radius, far: 2 * SUN_DISTANCE * radius + radius });
    camera.updateProjectionMatrix();
    light.shadow.normalBias = (4 * radius) / SHADOW_MAP_EDGE;
    light.shadow.needsUpdate = true;
  }

  dispose(): void {
    this.object.clear();
    this.#light?.dispose();
    this.#light = undefined;
  }

  #build(): Light {
    const [colour, intensity] = [this.#colour(), this.#number('intensity', 1)];
    const place = vectorFrom(this.#element.getAttribute('location'), [0, 0, 0]);
    const radius = this.#number('radius', 100);
    switch (this.#element.tagName) {
      case 'PointLight': {
        const light = new PointLight(colour, intensity, radius, this.#decay());
        light.position.set(...place);
        return withShadows(light);
      }
      case 'SpotLight': {
        const edge = Math.min(this.#number('cutOffAngle', Math.PI / 4), Math.PI / 2);
        const inner = Math.min(this.#number('beamWidth', Math.PI / 2), edge);
        const light = new SpotLight(colour, intensity, radius, edge, 1 - inner / edge, this.#decay());
        light.position.set(...place);
        this.#aim(light);
        return withShadows(light);
      }
      default: {
        const light = new DirectionalLight(colour, intensity);
        light.position.set(0, 0, 0);
        this.#aim(light);
        return withShadows(light);
      }
    }
  }

  #aim(light: DirectionalLight | SpotLight): void {
    const direction = new Vector3(...vectorFrom(this.#element.getAttribute('direction'), [0, 0, -1]));
    light.target.position.copy(light.position).add(direction);
    this.object.add(light.target);
  }

  /** The power of the distance that an attenuation of VRML comes nearest to. */
  #decay(): number {
    const [, linear, square] = vectorFrom(this.#element.getAttribute('attenuation'), [1, 0, 0]);
    return square > 0 ? 2 : linear > 0 ? 1 : 0;
  }

  #colour(): Color {
    return new Color(...vectorFrom(this.#element.getAttribute('color'), [1, 1, 1]));
  }

  #number(name: string, otherwise: number): number {
    return Math.max(0, numberFrom(this.#element.getAttribute(name), otherwise));
  }
}

/** Keeps to the bounds of `lights`, and aims their shadows at what casts them below `root`. */
export function fitLights(lights: readonly SceneLight[], root: Object3D): void {
  const casters = new Box3();
  root.traverse((part) => {
    if (part instanceof Mesh && part.castShadow && !part.userData.isGround) casters.expandByObject(part);
  });
  let shadows = 0;
  for (const [index, light] of lights.entries()) {
    if (light.limit(index, shadows)) shadows += 1;
    light.fit(casters);
  }
}

function withShadows<Kind extends DirectionalLight | PointLight | SpotLight>(light: Kind): Kind {
  light.shadow.mapSize.set(SHADOW_MAP_EDGE, SHADOW_MAP_EDGE);
  light.shadow.bias = -0.0002;
  return light;
}
