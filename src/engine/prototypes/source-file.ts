import type { Prototype } from '../world/world.ts';

/** Why the engine does not show a PROTO, as people read it in an `Omission`. */
export type Obstacle = string;

/** A PROTO and the file that it is written in; or why it cannot be had. */
export type Found = { readonly prototype: Prototype; readonly file: SourceFile } | { readonly obstacle: Obstacle };

/** A world, or the file of a PROTO, with what the types of its nodes stand for. */
export interface SourceFile {
  /** From the project down, with `/` between names, `''` for the project itself: what its URLs begin at. */
  readonly folder: string;
  /** The types in it that are not those of Webots; what is not among them is not known at all. */
  readonly prototypes: ReadonlyMap<string, Found>;
}
