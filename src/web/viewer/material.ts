import { Color, DoubleSide, FrontSide, Matrix3, MeshStandardMaterial, SRGBColorSpace, type Texture } from 'three';
import { numberFrom, pairFrom, type Vector3Tuple, vectorFrom } from './attribute.ts';
import { childOf } from './scene-document.ts';
import type { TextureStore } from './textures.ts';

type Slot = 'map' | 'roughnessMap' | 'metalnessMap' | 'normalMap' | 'aoMap' | 'emissiveMap';

/** The roles of textures by the names of both dialects, without the ending `Map` of the newer. */
const SLOTS: Readonly<Record<string, Slot>> = {
  baseColor: 'map',
  roughness: 'roughnessMap',
  metalness: 'metalnessMap',
  normal: 'normalMap',
  occlusion: 'aoMap',
  emissiveColor: 'emissiveMap',
};

export const APPEARANCES: ReadonlySet<string> = new Set(['PBRAppearance', 'Appearance']);

/** A colour as scenes write it: as on screens, not as light. */
export function colourFrom(text: string | null, otherwise: Vector3Tuple): Color {
  return new Color().setRGB(...vectorFrom(text, otherwise), SRGBColorSpace);
}

/** The material of a shape; its textures arrive later. Whoever asks for it calls `disposeMaterial`. */
export function buildMaterial(
  appearance: Element | undefined,
  isTwoSided: boolean,
  textures: TextureStore,
): MeshStandardMaterial {
  const material = new MeshStandardMaterial({ roughness: 1, metalness: 0, side: isTwoSided ? DoubleSide : FrontSide });
  if (appearance === undefined) return material;
  if (appearance.tagName === 'PBRAppearance') setPhysical(material, appearance);
  else setSimple(material, childOf(appearance, new Set(['Material'])));
  material.transparent = material.opacity < 1;
  const transform = childOf(appearance, new Set(['TextureTransform']));
  for (const element of appearance.children) {
    if (element.tagName === 'ImageTexture') addTexture(material, element, transform, textures);
  }
  return material;
}

/** Puts the textures of a material where the TextureTransform of its appearance says now. */
export function moveTextures(material: MeshStandardMaterial, appearance: Element | undefined): void {
  const transform = textureTransform(appearance && childOf(appearance, new Set(['TextureTransform'])));
  for (const slot of Object.values(SLOTS)) if (transform !== undefined) material[slot]?.matrix.copy(transform);
}

/** Frees a material and its textures, and those that are still to come. */
export function disposeMaterial(material: MeshStandardMaterial): void {
  material.userData.isDisposed = true;
  for (const slot of Object.values(SLOTS)) material[slot]?.dispose();
  material.dispose();
}

function setPhysical(material: MeshStandardMaterial, element: Element): void {
  const number = (name: string, otherwise: number) => numberFrom(element.getAttribute(name), otherwise);
  material.color = colourFrom(element.getAttribute('baseColor'), [1, 1, 1]);
  material.roughness = number('roughness', 0);
  material.metalness = number('metalness', 1);
  material.opacity = 1 - number('transparency', 0);
  material.envMapIntensity = number('IBLStrength', 1);
  material.normalScale.setScalar(number('normalMapFactor', 1));
  material.aoMapIntensity = number('occlusionMapStrength', 1);
  material.emissive = colourFrom(element.getAttribute('emissiveColor'), [0, 0, 0]);
  material.emissiveIntensity = number('emissiveIntensity', 1);
}

function setSimple(material: MeshStandardMaterial, element: Element | undefined): void {
  if (element === undefined) return;
  material.color = colourFrom(element.getAttribute('diffuseColor'), [0.8, 0.8, 0.8]);
  material.emissive = colourFrom(element.getAttribute('emissiveColor'), [0, 0, 0]);
  material.opacity = 1 - numberFrom(element.getAttribute('transparency'), 0);
  material.roughness = 1 - numberFrom(element.getAttribute('shininess'), 0.2);
}

function addTexture(
  material: MeshStandardMaterial,
  element: Element,
  transform: Element | undefined,
  textures: TextureStore,
): void {
  const role = (element.getAttribute('role') ?? 'baseColor').replace(/Map$/, '');
  const slot = Object.hasOwn(SLOTS, role) ? SLOTS[role] : undefined;
  if (slot === undefined) return;
  const isColour = slot === 'map' || slot === 'emissiveMap';
  textures.texture(element, isColour, (texture) => {
    if (material.userData.isDisposed === true) texture.dispose();
    else setTexture(material, slot, texture, textureTransform(transform));
  });
}

function setTexture(
  material: MeshStandardMaterial,
  slot: Slot,
  texture: Texture,
  transform: Matrix3 | undefined,
): void {
  if (transform !== undefined) {
    texture.matrixAutoUpdate = false;
    texture.matrix.copy(transform);
  }
  material[slot]?.dispose();
  material[slot] = texture;
  // A texture alone makes rough or metallic what the numbers would leave untouched.
  if (slot === 'roughnessMap') material.roughness = 1;
  if (slot === 'metalnessMap') material.metalness = 1;
  material.needsUpdate = true;
}

/** Coordinates are moved, then turned and scaled about the centre, in the order of VRML. */
function textureTransform(element: Element | undefined): Matrix3 | undefined {
  if (element === undefined) return undefined;
  const [tx, ty] = pairFrom(element.getAttribute('translation'), [0, 0]);
  const [sx, sy] = pairFrom(element.getAttribute('scale'), [1, 1]);
  const [cx, cy] = pairFrom(element.getAttribute('center'), [0, 0]);
  const rotation = numberFrom(element.getAttribute('rotation'), 0);
  const matrix = new Matrix3().makeTranslation(cx, cy).premultiply(new Matrix3().makeTranslation(tx, ty));
  return matrix
    .premultiply(new Matrix3().makeRotation(rotation))
    .premultiply(new Matrix3().makeScale(sx, sy))
    .premultiply(new Matrix3().makeTranslation(-cx, -cy));
}
