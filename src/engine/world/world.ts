import { AppError } from '../../errors.ts';

/** One value of a field. A vector is several numbers; a `USE` is the very node that its `DEF` named. */
export type WorldItem = number | string | boolean | null | WorldNode;

/** A node as its author wrote it: without defaults, of a type that need not be known. */
export interface WorldNode {
  readonly type: string;
  /** The name that `DEF` gave it. */
  readonly definition: string | undefined;
  /** By field name; what was not written is not there. */
  readonly fields: ReadonlyMap<string, readonly WorldItem[]>;
  /** By field name, the field of the PROTO around that its values come from (`IS`); mostly there is none. */
  readonly connections: ReadonlyMap<string, string> | undefined;
}

/** A type of node that a file defines. */
export interface Prototype {
  readonly name: string;
  /** The values of its fields where who uses it gives none. */
  readonly fields: ReadonlyMap<string, readonly WorldItem[]>;
  /** Whether its text has template statements; then it has no body here. */
  readonly isScripted: boolean;
  readonly body: WorldNode | undefined;
}

/** A PROTO that a file says to be in another one. */
export interface ExternalPrototype {
  readonly name: string;
  readonly url: string;
}

/** A world file, or a PROTO file, read. The same node may stand in several places, never in itself. */
export interface World {
  /** The second word of the first line, e.g. `R2025a`. */
  readonly version: string;
  readonly nodes: readonly WorldNode[];
  readonly externals: readonly ExternalPrototype[];
  readonly prototypes: readonly Prototype[];
  /** The types of all nodes in the file. */
  readonly types: ReadonlySet<string>;
  /** Names that `USE` asked for and no `DEF` before it had given. */
  readonly missingDefinitions: readonly string[];
}

/** A world's text that cannot be read, with the place: lines and columns count from 1. */
export class WorldError extends AppError {
  readonly line: number;
  readonly column: number;

  constructor(line: number, column: number, message: string) {
    super('worldUnreadable', `Line ${line}, column ${column}: ${message}`);
    this.line = line;
    this.column = column;
  }
}
