import { type BufferGeometry, Group, Mesh, type Object3D } from 'three';
import { fetchAsset } from './asset-fetch.ts';
import { type AssetPlace, assetUrl } from './asset-url.ts';

export interface MeshStoreOptions {
  readonly place: () => AssetPlace;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
}

/** Readers of mesh files, each fetched by the browser only when a scene has such a file. */
const READERS: Readonly<Record<string, (file: Blob) => Promise<Object3D>>> = {
  obj: async (file) => {
    const { OBJLoader } = await import('three/addons/loaders/OBJLoader.js');
    return new OBJLoader().parse(await file.text());
  },
  stl: async (file) => {
    const { STLLoader } = await import('three/addons/loaders/STLLoader.js');
    return new Group().add(new Mesh(new STLLoader().parse(await file.arrayBuffer())));
  },
  dae: async (file) => {
    const { ColladaLoader } = await import('three/addons/loaders/ColladaLoader.js');
    // Pictures that the file names are left out: its materials are seldom those that a scene wants.
    const text = (await file.text())
      .replace(/<library_images[\s\S]*?<\/library_images>/, '<library_images/>')
      // Webots takes the axes of such files as they are.
      .replace(/<up_axis>[^<]*<\/up_axis>/, '<up_axis>Y_UP</up_axis>');
    const collada = new ColladaLoader().parse(text, '');
    if (collada === null) throw new Error('Expected a Collada file');
    return collada.scene;
  },
};

/** Mesh files of a scene, each fetched and read once. */
export class MeshStore {
  readonly #options: MeshStoreOptions;
  readonly #meshes = new Map<string, Promise<Object3D | undefined>>();

  constructor(options: MeshStoreOptions) {
    this.#options = options;
  }

  /** What is in a file, to be cloned but not changed; `undefined` for what cannot be read, which is told. */
  mesh(url: string): Promise<Object3D | undefined> {
    const known = this.#meshes.get(url) ?? this.#load(url);
    this.#meshes.set(url, known);
    return known;
  }

  /** Frees all geometries. */
  clear(): void {
    for (const mesh of this.#meshes.values()) {
      void mesh.then((object) => object?.traverse((part) => geometryOf(part)?.dispose()));
    }
    this.#meshes.clear();
  }

  async #load(url: string): Promise<Object3D | undefined> {
    const { place, signal, onNotice } = this.#options;
    try {
      const found = assetUrl(url, 'mesh', place());
      if (found === undefined || found.isForeign) throw new Error('Expected a mesh of the project');
      const extension = /\.([a-z]+)$/i.exec(new URL(found.href).pathname)?.[1]?.toLowerCase() ?? '';
      const read = Object.hasOwn(READERS, extension) ? READERS[extension] : undefined;
      if (read === undefined) throw new Error(`Expected one of .obj, .dae and .stl, got ".${extension}"`);
      const object = await read(await fetchAsset(found.href, signal));
      object.updateMatrixWorld(true);
      return object;
    } catch (error) {
      if (!signal.aborted) onNotice(`The mesh ${url} is not shown: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

export function geometryOf(object: Object3D): BufferGeometry | undefined {
  return object instanceof Mesh ? (object.geometry as BufferGeometry) : undefined;
}
