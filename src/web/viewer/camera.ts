import { type Object3D, PerspectiveCamera, Raycaster, Vector2, Vector3 } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';
import { numberFrom, rotationFrom, vectorFrom } from './attribute.ts';
import { quaternionFrom } from './motion.ts';

/** Radians and parts that one press of a key turns and zooms (our choice). */
const KEY_TURN = 0.1;
const KEY_ZOOM = 0.9;
/** CSS pixels that one press of a key pans (our choice). */
const KEY_PAN = 30;

/** Distance to what is turned about where nothing is in the middle of the picture, in metres. */
const USUAL_DISTANCE = 10;

/** Cameras of Webots look along x with z above. */
const FORWARD = new Vector3(1, 0, 0);
const UP = new Vector3(0, 0, 1);

/** The camera: where the Viewpoint has it, until somebody turns it. */
export class ViewCamera {
  readonly camera = new PerspectiveCamera(45, 1, 0.05, 2000);
  readonly #controls: OrbitControls;
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: () => void;
  #followed: Object3D | undefined;
  readonly #followedAt = new Vector3();

  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    this.camera.up.copy(UP);
    this.#controls = new OrbitControls(this.camera, canvas);
    this.#controls.addEventListener('change', onChange);
    canvas.addEventListener('keydown', this.#press);
  }

  /** Looks as the Viewpoint says; `content` is what is turned about, where it is in the middle of the picture. */
  look(viewpoint: Element | undefined, content: Object3D): void {
    const attribute = (name: string) => viewpoint?.getAttribute(name) ?? null;
    const { camera } = this;
    camera.position.set(...vectorFrom(attribute('position'), [-10, 0, 5]));
    const turn = quaternionFrom(viewpoint ? rotationFrom(attribute('orientation')) : [0, 1, 0, 0.45]);
    const forward = FORWARD.clone().applyQuaternion(turn);
    const up = UP.clone().applyQuaternion(turn);
    camera.near = Math.max(numberFrom(attribute('near') ?? attribute('zNear'), 0.05), 0.001);
    const far = numberFrom(attribute('far') ?? attribute('zFar'), 0);
    camera.far = far > camera.near ? far : 10_000;
    this.#fieldOfView = numberFrom(attribute('fieldOfView'), Math.PI / 4);
    const distance = this.#distance(forward, content);
    // Whoever looks straight down still has an above, which the target must tell.
    this.#controls.target
      .copy(camera.position)
      .addScaledVector(forward, distance)
      .addScaledVector(up, 1e-4 * distance);
    this.#controls.update();
    this.resize(camera.aspect);
  }

  #fieldOfView = Math.PI / 4;

  /** The field of view of Webots is that of the picture's longer side. */
  resize(aspect: number): void {
    const { camera } = this;
    camera.aspect = aspect;
    const half = Math.tan(Math.min(this.#fieldOfView, 3) / 2);
    camera.fov = (2 * Math.atan(aspect > 1 ? half / aspect : half) * 180) / Math.PI;
    camera.updateProjectionMatrix();
    this.#onChange();
  }

  /** Goes where `object` goes, from where both are now. */
  follow(object: Object3D | undefined): void {
    this.#followed = object;
    object?.getWorldPosition(this.#followedAt);
  }

  /** To be called before each picture. */
  advance(): void {
    if (this.#followed === undefined) return;
    const now = this.#followed.getWorldPosition(new Vector3());
    const moved = now.clone().sub(this.#followedAt);
    if (moved.lengthSq() === 0) return;
    this.#followedAt.copy(now);
    this.camera.position.add(moved);
    this.#controls.target.add(moved);
  }

  dispose(): void {
    this.#controls.dispose();
    this.#canvas.removeEventListener('keydown', this.#press);
  }

  #distance(forward: Vector3, content: Object3D): number {
    const { camera } = this;
    camera.lookAt(camera.position.clone().add(forward));
    camera.updateMatrixWorld();
    content.updateMatrixWorld(true);
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2(0, 0), camera);
    // What goes along with the camera is not what it looks at.
    const hit = ray.intersectObject(content, true).find(({ object }) => !isInBillboard(object));
    return Math.max(hit?.distance ?? USUAL_DISTANCE, camera.near);
  }

  readonly #press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = (event.shiftKey ? this.#panKeys : this.#turnKeys)[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
    this.#controls.update();
  };

  readonly #turnKeys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => this.#controls.rotateLeft(KEY_TURN),
    ArrowRight: () => this.#controls.rotateLeft(-KEY_TURN),
    ArrowUp: () => this.#controls.rotateUp(KEY_TURN),
    ArrowDown: () => this.#controls.rotateUp(-KEY_TURN),
    '+': () => this.#controls.dollyIn(KEY_ZOOM),
    '=': () => this.#controls.dollyIn(KEY_ZOOM),
    '-': () => this.#controls.dollyOut(KEY_ZOOM),
  };

  readonly #panKeys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => this.#controls.pan(KEY_PAN, 0),
    ArrowRight: () => this.#controls.pan(-KEY_PAN, 0),
    ArrowUp: () => this.#controls.pan(0, KEY_PAN),
    ArrowDown: () => this.#controls.pan(0, -KEY_PAN),
    '+': () => this.#controls.dollyIn(KEY_ZOOM),
  };
}

function isInBillboard(object: Object3D): boolean {
  for (let part: Object3D | null = object; part !== null; part = part.parent) {
    if (part.userData.isBillboard === true) return true;
  }
  return false;
}
