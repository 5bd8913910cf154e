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

interface NodeInProgress extends WorldNode {
  readonly fields: Map<string, readonly WorldItem[]>;
  connections: Map<string, string> | undefined;
}

interface OpenNode {
  readonly node: NodeInProgress;
  /** The values of the field whose bracket is open. */
  list: WorldItem[] | undefined;
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

  constructor(lexer: Lexer, budget: ReadingBudget) {
    this.#lexer = lexer;
    this.#budget = budget;
  }

  /** Whether a node was begun and is not at its end. */
  get isInside(): boolean {
    return this.#open.length > 0;
  }

  /** Reads one field, one value of a list, or the end of a node. Comes only where `isInside`. */
  readStatement(): void {
    const current = this.#open.at(-1);
    if (current === undefined) return;
    if (current.list !== undefined) this.#readListItem(current, current.list);
    else if (this.#lexer.kind === '}') this.#closeNode();
    else this.#readField(current);
  }

  /** `Type {`, `DEF NAME Type {` or `USE NAME`; the fields follow as further statements. */
  beginNode(items: WorldItem[], expectation: string): void {
    const lexer = this.#lexer;
    this.#require('word', expectation);
    if (lexer.text === 'USE') {
      lexer.advance();
      this.#require('word', 'the name that a DEF gave');
      const node = this.#definitions.get(lexer.text);
      if (node === undefined) this.missingDefinitions.add(lexer.text);
      items.push(node ?? null);
      lexer.advance();
      return;
    }
    let definition: string | undefined;
    if (lexer.text === 'DEF') {
      lexer.advance();
      if (lexer.kind !== 'word' && lexer.kind !== 'number') throw lexer.expected('a name for the node');
      definition = lexer.text;
      lexer.advance();
      this.#require('word', 'the type of a node');
    }
    items.push(this.#openNode(lexer.text, definition));
  }

  /** The value of a field outside of any node, to its end. */
  readWholeValue(name: string): readonly WorldItem[] {
    const items: WorldItem[] = [];
    const current: OpenNode = { node: emptyNode('', undefined), list: undefined };
    this.#open.push(current);
    this.#readValue(current, name, items);
    while (this.#open.length > 1 || current.list !== undefined) this.readStatement();
    this.#open.pop();
    return items;
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
    const items: WorldItem[] = [];
    current.node.fields.set(name, items);
    this.#readValue(current, name, items);
  }

  #readValue(current: OpenNode, name: string, items: WorldItem[]): void {
    const lexer = this.#lexer;
    if (lexer.kind === '[') {
      current.list = items;
      lexer.advance();
    } else if (lexer.kind === 'word' && lexer.text === 'IS') {
      lexer.advance();
      this.#require('word', 'the name of a field');
      current.node.connections ??= new Map();
      current.node.connections.set(name, lexer.text);
      lexer.advance();
      current.node.fields.delete(name);
    } else if (lexer.kind === 'number' || lexer.kind === 'string') {
      const { kind } = lexer;
      while (lexer.kind === kind) this.#readItem(items, '');
    } else this.#readItem(items, `a value of the field "${name}"`);
  }

  #readListItem(current: OpenNode, list: WorldItem[]): void {
    if (this.#lexer.kind === ']') {
      current.list = undefined;
      this.#lexer.advance();
    } else this.#readItem(list, 'a value or "]"');
  }

  #readItem(items: WorldItem[], expectation: string): void {
    const lexer = this.#lexer;
    if (++this.#budget.values > MAXIMUM_VALUES) {
      throw lexer.error(`Expected at most ${MAXIMUM_VALUES} values in a world.`);
    }
    if (lexer.kind === 'number') items.push(lexer.number);
    else if (lexer.kind === 'string') items.push(lexer.text);
    else if (lexer.kind === 'word' && /^(?:TRUE|true)$/.test(lexer.text)) items.push(true);
    else if (lexer.kind === 'word' && /^(?:FALSE|false)$/.test(lexer.text)) items.push(false);
    else if (lexer.kind === 'word' && /^(?:NULL|null)$/.test(lexer.text)) items.push(null);
    else {
      this.beginNode(items, expectation);
      return;
    }
    lexer.advance();
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
    const node = emptyNode(type, definition);
    this.#open.push({ node, list: undefined });
    return node;
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

function emptyNode(type: string, definition: string | undefined): NodeInProgress {
  return { type, definition, fields: new Map(), connections: undefined };
}
