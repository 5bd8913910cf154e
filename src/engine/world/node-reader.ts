import type { Lexer, TokenKind } from './lexer.ts';
import type { WorldItem, WorldNode } from './world.ts';

/** Nodes inside nodes that a world may have; deep robots have some tens (our choice). */
export const MAXIMUM_DEPTH = 500;

/** Nodes that a world may have with its PROTO files (our choice; cities have some ten thousand). */
export const MAXIMUM_NODES = 500_000;

/** Numbers, strings and other values that a world may have with its PROTO files (our choice; 8 bytes each). */
const MAXIMUM_VALUES = 20_000_000;

/** What was read so far, of all files of one world together. */
export class ReadingBudget {
  nodes = 0;
  values = 0;
}

/** Numbers or strings of one field that are read as one statement (our choice: far below 1 ms). */
const LONGEST_RUN = 1_000;

/** Longest list that is copied at its end, so that it takes no more memory than it needs (lists grow by 16 places and more). */
const SHORT_LIST = 64;

/** Words that are values. */
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['TRUE', true],
  ['true', true],
  ['FALSE', false],
  ['false', false],
  ['NULL', null],
  ['null', null],
]);

interface NodeInProgress extends WorldNode {
  readonly fields: Map<string, readonly WorldItem[]>;
  connections: Map<string, string> | undefined;
}

interface OpenNode {
  readonly node: NodeInProgress;
  /** The field whose values are read, where these are more than one statement. */
  field: string;
  values: WorldItem[] | undefined;
  /** What the values are where they stand in no brackets, and end with the last one of their kind. */
  run: 'number' | 'string' | undefined;
}

/**
 * Reads nodes statement by statement. Keeps its own stack of open nodes, so that
 * no text is too deep for the one of the language. Definitions hold within one reader.
 */
export class NodeReader {
  readonly missingDefinitions = new Set<string>();
  /** The types of all nodes that were read. */
  readonly types = new Set<string>();
  readonly #lexer: Lexer;
  readonly #budget: ReadingBudget;
  readonly #definitions = new Map<string, WorldNode>();
  readonly #open: OpenNode[] = [];
  /** Numbers of a field, used again for each. */
  readonly #numbers: number[] = [];

  constructor(lexer: Lexer, budget: ReadingBudget) {
    this.#lexer = lexer;
    this.#budget = budget;
  }

  /** Whether a node was begun and is not at its end. */
  get isInside(): boolean {
    return this.#open.length > 0;
  }

  /** Reads one field, some values of one, or the end of a node. Comes only where `isInside`. */
  readStatement(): void {
    const current = this.#open.at(-1);
    if (current === undefined) return;
    if (current.values !== undefined) this.#readMore(current, current.values);
    else if (this.#lexer.kind === '}') this.#closeNode();
    else this.#readField(current);
  }

  /** `Type {`, `DEF NAME Type {` or `USE NAME`; the fields follow as further statements. */
  beginNode(expectation: string): WorldNode | null {
    const lexer = this.#lexer;
    this.#require('word', expectation);
    if (lexer.text === 'USE') {
      lexer.advance();
      this.#require('word', 'the name that a DEF gave');
      const node = this.#definitions.get(lexer.text);
      if (node === undefined) this.missingDefinitions.add(lexer.text);
      lexer.advance();
      return node ?? null;
    }
    let definition: string | undefined;
    if (lexer.text === 'DEF') {
      lexer.advance();
      if (lexer.kind !== 'word' && lexer.kind !== 'number') throw lexer.expected('a name for the node');
      definition = lexer.text;
      lexer.advance();
      this.#require('word', 'the type of a node');
    }
    return this.#openNode(lexer.text, definition);
  }

  /** The value of a field outside of any node, to its end; hands over between its statements. */
  *readWholeValue(name: string): Generator<void, readonly WorldItem[], undefined> {
    const current = openNode('', undefined);
    this.#open.push(current);
    this.#readValue(current, name);
    while (this.#open.length > 1 || current.values !== undefined) {
      yield;
      this.readStatement();
    }
    this.#open.pop();
    return current.node.fields.get(name) ?? [];
  }

  #readField(current: OpenNode): void {
    const lexer = this.#lexer;
    this.#require('word', 'a field or "}"');
    let name = lexer.text;
    lexer.advance();
    // Webots saves fields that its users do not see, such as velocities, as `hidden <name> <value>`.
    if (name === 'hidden' && lexer.kind === 'word') {
      name = lexer.text;
      lexer.advance();
    }
    this.#readValue(current, name);
  }

  #readValue(current: OpenNode, name: string): void {
    const lexer = this.#lexer;
    const { node } = current;
    const { kind } = lexer;
    if (kind === 'number' || kind === 'string') {
      const values = kind === 'number' ? this.#readNumbers() : this.#readStrings();
      node.fields.set(name, values);
      if (lexer.kind === kind) Object.assign(current, { field: name, values, run: kind });
    } else if (kind === '[') {
      Object.assign(current, { field: name, values: [], run: undefined });
      lexer.advance();
    } else if (kind === 'word' && lexer.text === 'IS') {
      lexer.advance();
      this.#require('word', 'the name of a field');
      node.connections ??= new Map();
      node.connections.set(name, lexer.text);
      node.fields.delete(name);
      lexer.advance();
    } else node.fields.set(name, [this.#readItem(`a value of the field "${name}"`)]);
  }

  #readMore(current: OpenNode, values: WorldItem[]): void {
    const { kind } = this.#lexer;
    const isMore = current.run === undefined ? kind !== ']' : kind === current.run;
    if (!isMore) {
      current.node.fields.set(current.field, values.length > SHORT_LIST ? values : values.slice());
      current.values = undefined;
      if (current.run === undefined) this.#lexer.advance();
    } else if (kind === 'number') this.#addNumbers(values);
    else if (kind === 'string') values.push(...this.#readStrings());
    else values.push(this.#readItem('a value or "]"'));
  }

  #readNumbers(): number[] {
    const lexer = this.#lexer;
    let count = 0;
    for (; lexer.kind === 'number' && count < LONGEST_RUN; lexer.advance()) {
      this.#count();
      this.#numbers[count++] = lexer.number;
    }
    return this.#numbers.slice(0, count);
  }

  #addNumbers(values: WorldItem[]): void {
    const lexer = this.#lexer;
    for (let count = 0; lexer.kind === 'number' && count < LONGEST_RUN; count++) {
      this.#count();
      values.push(lexer.number);
      lexer.advance();
    }
  }

  #readStrings(): string[] {
    const lexer = this.#lexer;
    this.#count();
    const strings = [lexer.text];
    for (lexer.advance(); lexer.kind === 'string' && strings.length < LONGEST_RUN; lexer.advance()) {
      this.#count();
      strings.push(lexer.text);
    }
    return strings;
  }

  /** A value that is neither a number nor a string. */
  #readItem(expectation: string): WorldItem {
    const lexer = this.#lexer;
    this.#count();
    const constant = lexer.kind === 'word' ? CONSTANTS.get(lexer.text) : undefined;
    if (constant === undefined) return this.beginNode(expectation);
    lexer.advance();
    return constant;
  }

  #count(): void {
    if (++this.#budget.values <= MAXIMUM_VALUES) return;
    throw this.#lexer.error(`Expected at most ${MAXIMUM_VALUES} values in a world.`);
  }

  #openNode(type: string, definition: string | undefined): WorldNode {
    const lexer = this.#lexer;
    if (this.#open.length >= MAXIMUM_DEPTH) {
      throw lexer.error(`Expected at most ${MAXIMUM_DEPTH} nodes inside each other.`);
    }
    if (++this.#budget.nodes > MAXIMUM_NODES) throw lexer.error(`Expected at most ${MAXIMUM_NODES} nodes in a world.`);
    lexer.advance();
    this.#require('{', `"{" after the type of a node, "${type}"`);
    lexer.advance();
    this.types.add(type);
    const open = openNode(type, definition);
    this.#open.push(open);
    return open.node;
  }

  #require(kind: TokenKind, expectation: string): void {
    if (this.#lexer.kind !== kind) throw this.#lexer.expected(expectation);
  }

  /** A node can be used only once it is closed, so none is part of itself. */
  #closeNode(): void {
    const node = this.#open.pop()?.node;
    if (node?.definition !== undefined) this.#definitions.set(node.definition, node);
    this.#lexer.advance();
  }
}

function openNode(type: string, definition: string | undefined): OpenNode {
  const node = { type, definition, fields: new Map(), connections: undefined };
  return { node, field: '', values: undefined, run: undefined };
}
