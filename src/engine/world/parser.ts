import { Lexer } from './lexer.ts';
import { NodeReader, ReadingBudget } from './node-reader.ts';
import { PrototypeReader, skipBrackets } from './prototype-reader.ts';
import { type ExternalPrototype, type Prototype, type World, WorldError, type WorldNode } from './world.ts';

/** Characters that are read before the caller has its turn: some 1 ms (our choice). */
const SLICE = 16_000;

/** Statements that are read before it: those of PROTOs that are looked through twice do not all go on in the text. */
const MOST_STATEMENTS = 4_000;

const HEADER = /^\uFEFF?#VRML_SIM[ \t]+(\S+)[^\n]*(?:\n|$)/;

/** Reads the text of a world at once. @throws WorldError */
export function parseWorld(text: string): World {
  const slices = parseWorldInSlices(text);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

/**
 * Reads the text of a world or of a PROTO file, and hands over between slices of the work.
 *
 * @param budget of all files that belong to the world
 * @yields how much is read, from 0 to 1
 * @throws WorldError
 */
export function* parseWorldInSlices(text: string, budget = new ReadingBudget()): Generator<number, World, void> {
  const [header, version] = HEADER.exec(text) ?? [];
  if (header === undefined || version === undefined) {
    throw new WorldError(1, 1, 'Expected the first line of a world, such as `#VRML_SIM R2025a utf8`.');
  }
  const lexer = new Lexer(text, header.length);
  const parser = new Parser(lexer, budget);
  let start = lexer.position;
  for (let count = 1; parser.readStatement(); count++) {
    if (lexer.position - start < SLICE && count < MOST_STATEMENTS) continue;
    yield lexer.progress;
    start = lexer.position;
    count = 0;
  }
  return { version, ...parser.content };
}

/** Reads what stands in a file outside of all nodes. */
class Parser {
  readonly #lexer: Lexer;
  readonly #budget: ReadingBudget;
  readonly #reader: NodeReader;
  readonly #nodes: WorldNode[] = [];
  readonly #externals: ExternalPrototype[] = [];
  readonly #prototypes: Prototype[] = [];
  readonly #types = new Set<string>();
  readonly #missingDefinitions = new Set<string>();
  /** What is being read that is neither a node nor done. */
  #current: Iterator<void, void, undefined> | undefined;

  constructor(lexer: Lexer, budget: ReadingBudget) {
    this.#lexer = lexer;
    this.#budget = budget;
    this.#reader = new NodeReader(lexer, budget);
    lexer.advance();
  }

  get content(): Omit<World, 'version'> {
    return {
      nodes: this.#nodes,
      externals: this.#externals,
      prototypes: this.#prototypes,
      types: new Set([...this.#types, ...this.#reader.types]),
      missingDefinitions: [...new Set([...this.#missingDefinitions, ...this.#reader.missingDefinitions])],
    };
  }

  /** Reads one statement of a node, or one between nodes, or a part of one; false at the end of the file. */
  readStatement(): boolean {
    const lexer = this.#lexer;
    if (this.#current !== undefined) {
      if (this.#current.next().done) this.#current = undefined;
    } else if (this.#reader.isInside) this.#reader.readStatement();
    else if (lexer.kind === 'end') return false;
    else if (lexer.kind === 'word' && (lexer.text === 'IMPORTABLE' || lexer.text === 'EXTERNPROTO')) {
      this.#current = this.#readExternal();
    } else if (lexer.kind === 'word' && lexer.text === 'PROTO') this.#current = this.#readPrototype();
    else {
      const node = this.#reader.beginNode('a node');
      if (node !== null) this.#nodes.push(node);
    }
    return true;
  }

  /** `EXTERNPROTO "url"`, `IMPORTABLE EXTERNPROTO "url"`, and the older form with a name and an interface. */
  *#readExternal(): Generator<void, void, undefined> {
    const lexer = this.#lexer;
    for (; lexer.kind === 'word'; lexer.advance()) yield;
    if (lexer.kind === '[') yield* skipBrackets(lexer, true);
    if (lexer.kind !== 'string') throw lexer.expected('the URL of a PROTO in quotes');
    const url = lexer.text;
    const file = url.slice(Math.max(url.lastIndexOf('/'), url.lastIndexOf('\\')) + 1);
    const name = file.replace(/\.proto$/, '');
    this.#externals.push({ name, url });
    lexer.advance();
  }

  *#readPrototype(): Generator<void, void, undefined> {
    this.#lexer.advance();
    const reader = new PrototypeReader(this.#lexer, this.#budget);
    this.#prototypes.push(yield* reader.read());
    for (const type of reader.types) this.#types.add(type);
    for (const name of reader.missingDefinitions) this.#missingDefinitions.add(name);
  }
}
