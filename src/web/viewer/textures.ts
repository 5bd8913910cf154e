import { ClampToEdgeWrapping, CubeTexture, RepeatWrapping, SRGBColorSpace, Texture } from 'three';
import { fetchAsset } from './asset-fetch.ts';
import { type AssetPlace, assetUrl, foreignNotice } from './asset-url.ts';
import { firstUrlFrom, flagFrom } from './attribute.ts';
import { LONGEST_TEXTURE_EDGE } from './bounds.ts';

export interface TextureStoreOptions {
  readonly place: () => AssetPlace;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
  readonly onNotice: (text: string) => void;
}

/** Pictures of a scene, each fetched once; what fails stays away, and is told once. */
export class TextureStore {
  readonly #options: TextureStoreOptions;
  readonly #bitmaps = new Map<string, Promise<ImageBitmap | undefined>>();

  constructor(options: TextureStoreOptions) {
    this.#options = options;
  }

  /** A texture whose picture comes later; `onLoad` is called when it is there. Whoever asks for it disposes of it. */
  texture(element: Element, isColour: boolean, onLoad: (texture: Texture) => void): void {
    const url = firstUrlFrom(element.getAttribute('url'));
    if (url === undefined) return;
    void this.#bitmap(url, true).then((bitmap) => {
      if (bitmap === undefined || this.#options.signal.aborted) return;
      const texture = new Texture(bitmap);
      // The rows of the bitmap are in the order of the graphics card already.
      texture.flipY = false;
      texture.wrapS = flagFrom(element.getAttribute('repeatS'), true) ? RepeatWrapping : ClampToEdgeWrapping;
      texture.wrapT = flagFrom(element.getAttribute('repeatT'), true) ? RepeatWrapping : ClampToEdgeWrapping;
      texture.anisotropy = 8;
      if (isColour) texture.colorSpace = SRGBColorSpace;
      texture.needsUpdate = true;
      onLoad(texture);
      this.#options.onChange();
    });
  }

  /** The six faces of a sky, in the order of three.js; `undefined` if one is missing. */
  async cube(urls: readonly string[]): Promise<CubeTexture | undefined> {
    const bitmaps = await Promise.all(urls.map((url) => this.#bitmap(url, false)));
    if (this.#options.signal.aborted || bitmaps.includes(undefined)) return undefined;
    const texture = new CubeTexture(bitmaps);
    texture.colorSpace = SRGBColorSpace;
    texture.needsUpdate = true;
    this.#options.onChange();
    return texture;
  }

  /** Lets go of all pictures. */
  clear(): void {
    for (const bitmap of this.#bitmaps.values()) void bitmap.then((picture) => picture?.close());
    this.#bitmaps.clear();
  }

  #bitmap(url: string, isFlipped: boolean): Promise<ImageBitmap | undefined> {
    const key = `${isFlipped} ${url}`;
    const known = this.#bitmaps.get(key) ?? this.#load(url, isFlipped);
    this.#bitmaps.set(key, known);
    return known;
  }

  async #load(url: string, isFlipped: boolean): Promise<ImageBitmap | undefined> {
    const { place, signal, onNotice } = this.#options;
    try {
      const found = assetUrl(url, 'picture', place());
      if (found === undefined) throw new Error('Expected a picture of the project');
      if (found.isForeign) {
        onNotice(foreignNotice(found.href));
        return undefined;
      }
      const blob = await fetchAsset(found.href, signal);
      return await bounded(await createImageBitmap(blob, { imageOrientation: isFlipped ? 'flipY' : 'from-image' }));
    } catch (error) {
      if (!signal.aborted)
        onNotice(`The picture ${url} is not shown: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

/** A texture of colours that repeats itself, of the bytes of a picture. @throws Error for what is no picture */
export async function colourTexture(picture: Blob): Promise<Texture> {
  const texture = new Texture(await bounded(await createImageBitmap(picture, { imageOrientation: 'flipY' })));
  texture.flipY = false;
  texture.wrapS = RepeatWrapping;
  texture.wrapT = RepeatWrapping;
  texture.colorSpace = SRGBColorSpace;
  texture.needsUpdate = true;
  return texture;
}

async function bounded(bitmap: ImageBitmap): Promise<ImageBitmap> {
  const edge = Math.max(bitmap.width, bitmap.height);
  if (edge <= LONGEST_TEXTURE_EDGE) return bitmap;
  const scale = LONGEST_TEXTURE_EDGE / edge;
  const smaller = await createImageBitmap(bitmap, {
    resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
    resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
  });
  bitmap.close();
  return smaller;
}
