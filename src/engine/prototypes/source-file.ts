import type { Prototype } from '../world/world.ts';

/** Why the engine does not show a PROTO, as people read it in an `Omission`. */
export type Obstacle = string;

/** A PROTO and the file that it is written in; or why it cannot be had. */
export type Found = { readonly prototype: Prototype; readonly file: SourceFile } | { readonly obstacle: Obstacle };

/** A world, or the file of a PROTO, with what the types of its nodes stand for. */
export interface SourceFile {
  /**
   * What its URLs begin at: from the project down, with `/` between names, `''` for
   * the project itself; or the URL of a folder on the network.
   */
  readonly folder: string;
  /** The types in it that are not those of Webots; what is not among them is not known at all. */
  readonly prototypes: ReadonlyMap<string, Found>;
}

/** Whether a folder, or a file, is on the network and not part of the project. */
export function isRemote(folder: string): boolean {
  return folder.startsWith('https://');
}
