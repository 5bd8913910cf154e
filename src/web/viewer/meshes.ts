import {
  type BufferGeometry,
  Group,
  type Material,
  Mesh,
  type MeshPhongMaterial,
  type Object3D,
  type Texture,
} from 'three';
import { fetchAsset } from './asset-fetch.ts';
import { type AssetPlace, assetUrl, foreignNotice } from './asset-url.ts';
import { colourTexture } from './textures.ts';

export interface MeshStoreOptions {
  readonly place: () => AssetPlace;
  readonly signal: AbortSignal;
  readonly onNotice: (text: string) => void;
}

/** Fetches a file from the folder of another; `undefined` if it is not there. */
type Beside = (name: string) => Promise<Blob | undefined>;

/** Readers of mesh files, each fetched by the browser only when a scene has such a file. */
const READERS: Readonly<Record<string, (file: Blob, beside: Beside, hasOwnLook: boolean) => Promise<Object3D>>> = {
  obj: async (file, beside, hasOwnLook) => {
    const { OBJLoader } = await import('three/addons/loaders/OBJLoader.js');
    const text = await file.text();
    const loader = new OBJLoader();
    const [, library] = /^mtllib\s+(.+?)\s*$/m.exec(text) ?? [];
    const materials = library && (await beside(library));
    if (materials) {
      const { MTLLoader } = await import('three/addons/loaders/MTLLoader.js');
      const look = await materials.text();
      // The loader of pictures knows no bounds.
      const colours = look.replace(/^\s*(?:map_\w+|bump|disp|decal|norm|refl)\b.*$/gim, '');
      loader.setMaterials(new MTLLoader().parse(colours, ''));
      const object = loader.parse(text);
      if (hasOwnLook) await addPictures(object, look, beside);
      return object;
    }
    return loader.parse(text);
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

  /**
   * What is in a file, to be cloned but not changed; `undefined` for what cannot be read, which is told.
   *
   * @param hasOwnLook whether the pictures of its materials are wanted
   */
  mesh(url: string, hasOwnLook: boolean): Promise<Object3D | undefined> {
    const key = `${hasOwnLook} ${url}`;
    const known = this.#meshes.get(key) ?? this.#load(url, hasOwnLook);
    this.#meshes.set(key, known);
    return known;
  }

  /** Frees all geometries and materials. */
  clear(): void {
    for (const mesh of this.#meshes.values()) {
      void mesh.then((object) => object?.traverse(disposePart));
    }
    this.#meshes.clear();
  }

  async #load(url: string, hasOwnLook: boolean): Promise<Object3D | undefined> {
    const { place, signal, onNotice } = this.#options;
    try {
      const found = assetUrl(url, 'mesh', place());
      if (found === undefined) throw new Error('Expected a mesh of the project');
      if (found.isForeign) {
        onNotice(foreignNotice(found.href));
        return undefined;
      }
      const extension = /\.([a-z]+)$/i.exec(new URL(found.href).pathname)?.[1]?.toLowerCase() ?? '';
      const read = Object.hasOwn(READERS, extension) ? READERS[extension] : undefined;
      if (read === undefined) throw new Error(`Expected one of .obj, .dae and .stl, got ".${extension}"`);
      const beside = async (name: string) => {
        const other = assetUrl(url.replace(/[^/\\]*$/, '') + name, 'mesh', place());
        return other === undefined || other.isForeign ? undefined : await fetchAsset(other.href, signal);
      };
      const object = await read(await fetchAsset(found.href, signal), beside, hasOwnLook);
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

/** The materials of a part of a mesh. */
export function materialsOf(object: Object3D): readonly Material[] {
  return object instanceof Mesh ? [object.material as Material | Material[]].flat() : [];
}

function disposePart(part: Object3D): void {
  geometryOf(part)?.dispose();
  for (const material of materialsOf(part)) {
    const { map } = material as Partial<MeshPhongMaterial>;
    if (map) disposePicture(map);
    material.dispose();
  }
}

function disposePicture(texture: Texture): void {
  texture.dispose();
  if (texture.image instanceof ImageBitmap) texture.image.close();
}

/** Names of files beside the one that names them, and in folders there. */
const BESIDE = /^[\w-][\w. -]*(?:\/[\w-][\w. -]*)*$/;

/** Gives materials the colours of the picture that their library names beside itself; one that is not there is left out. */
async function addPictures(object: Object3D, library: string, beside: Beside): Promise<void> {
  const names = new Map<string, string>();
  let material = '';
  for (const [, word = '', value = ''] of library.matchAll(/^\s*(newmtl|map_Kd)\s+(.+?)\s*$/gm)) {
    if (word === 'newmtl') material = value;
    else if (BESIDE.test(value)) names.set(material, value);
  }
  const looks = new Set<Material>();
  object.traverse((part) => {
    for (const look of materialsOf(part)) looks.add(look);
  });
  for (const look of looks) {
    const name = names.get(look.name);
    const picture = name === undefined ? undefined : await beside(name).catch(() => undefined);
    if (picture === undefined) continue;
    Object.assign(look, { map: await colourTexture(picture) });
    look.needsUpdate = true;
  }
}
