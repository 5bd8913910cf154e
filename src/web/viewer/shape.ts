import { type BufferGeometry, Group, type Material, Mesh, type MeshStandardMaterial, type Object3D } from 'three';
import { firstUrlFrom, flagFrom } from './attribute.ts';
import { BUILT_IN_GEOMETRIES, buildGeometry, OPEN_GEOMETRIES } from './geometry.ts';
import { buildLines, disposeLines, LINE_GEOMETRIES } from './line-geometry.ts';
import { APPEARANCES, buildMaterial, disposeMaterial, moveTextures } from './material.ts';
import { geometryOf, type MeshStore, materialsOf } from './meshes.ts';
import { childOf } from './scene-document.ts';
import type { TextureStore } from './textures.ts';

export const GEOMETRIES: ReadonlySet<string> = new Set([...BUILT_IN_GEOMETRIES, ...LINE_GEOMETRIES, 'Mesh']);

export interface ShapeOptions {
  readonly textures: TextureStore;
  readonly meshes: MeshStore;
  /** Something is to be drawn anew; `isLarger` if it may lie where nothing was. */
  readonly onChange: (isLarger: boolean) => void;
}

/** What is seen of a Shape or CadShape: geometries that share a material. */
export class Shape {
  readonly object = new Group();
  readonly #element: Element;
  readonly #options: ShapeOptions;
  #material: MeshStandardMaterial;
  /** The geometry that belongs to this shape alone; those of files belong to their store. */
  #geometry: BufferGeometry | undefined;
  /** Counts what was asked for, so that a file that arrives late does not replace a newer one. */
  #request = 0;

  constructor(element: Element, options: ShapeOptions) {
    this.#element = element;
    this.#options = options;
    this.#material = this.#buildMaterial();
    this.refreshGeometry();
  }

  refreshMaterial(): void {
    const old = this.#material;
    this.#material = this.#buildMaterial();
    for (const mesh of this.#meshes()) mesh.material = this.#material;
    disposeMaterial(old);
    if (LINE_GEOMETRIES.has(this.#geometryElement()?.tagName ?? '')) this.refreshGeometry();
    this.#options.onChange(false);
  }

  /** Only where its textures lie. */
  refreshTextureTransform(): void {
    moveTextures(this.#material, childOf(this.#element, APPEARANCES));
    this.#options.onChange(false);
  }

  refreshGeometry(): void {
    this.#request += 1;
    const geometry = this.#geometryElement();
    const url = geometry && firstUrlFrom(geometry.getAttribute('url'));
    if (geometry !== undefined && BUILT_IN_GEOMETRIES.has(geometry.tagName)) {
      const built = buildGeometry(geometry);
      this.#replace([new Mesh(built, this.#material)]);
      this.#geometry = built;
    } else if (geometry !== undefined && LINE_GEOMETRIES.has(geometry.tagName)) {
      this.#replace([]);
      this.object.add(buildLines(geometry, childOf(this.#element, APPEARANCES)));
    } else if (url === undefined) this.#replace([]);
    else void this.#load(url, this.#request);
  }

  /** Only the shadows; what stands in a Billboard has none. */
  refresh(): void {
    const isLit = this.#element.closest('Billboard') === null;
    const castsShadow = isLit && flagFrom(this.#element.getAttribute('castShadows'), true);
    for (const mesh of this.#meshes()) {
      mesh.castShadow = castsShadow;
      mesh.receiveShadow = isLit;
    }
    this.#options.onChange(false);
  }

  dispose(): void {
    this.#request += 1;
    this.#replace([]);
    disposeMaterial(this.#material);
  }

  async #load(url: string, request: number): Promise<void> {
    const source = await this.#options.meshes.mesh(url, this.#isCad);
    if (source === undefined || request !== this.#request) return;
    const parts: Mesh[] = [];
    source.traverse((part) => {
      const geometry = geometryOf(part);
      if (geometry === undefined) return;
      const materials = this.#isCad ? materialsOf(part) : [];
      // One material for all of a geometry, several for its groups.
      const material: Material | Material[] = materials.length > 1 ? [...materials] : (materials[0] ?? this.#material);
      const mesh = new Mesh<BufferGeometry, Material | Material[]>(geometry, material);
      part.matrixWorld.decompose(mesh.position, mesh.quaternion, mesh.scale);
      parts.push(mesh);
    });
    this.#replace(parts);
  }

  #replace(meshes: readonly Mesh[]): void {
    for (const child of this.object.children) disposeLines(child);
    this.object.clear();
    this.#geometry?.dispose();
    this.#geometry = undefined;
    const isGround = this.#geometryElement()?.tagName === 'Plane';
    for (const mesh of meshes) {
      mesh.userData.isGround = isGround;
      this.object.add(mesh);
    }
    this.refresh();
    this.#options.onChange(true);
  }

  /** Such files bring their own materials. */
  get #isCad(): boolean {
    return this.#element.tagName === 'CadShape';
  }

  #geometryElement(): Element | undefined {
    return this.#isCad ? this.#element : childOf(this.#element, GEOMETRIES);
  }

  #buildMaterial(): MeshStandardMaterial {
    const tag = this.#geometryElement()?.tagName ?? '';
    const isTwoSided = OPEN_GEOMETRIES.has(tag) || this.#isCad;
    return buildMaterial(childOf(this.#element, APPEARANCES), isTwoSided, this.#options.textures);
  }

  #meshes(): Mesh[] {
    return this.object.children.filter((child: Object3D): child is Mesh => child instanceof Mesh);
  }
}
