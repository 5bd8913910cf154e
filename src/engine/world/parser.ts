import { Lexer, type TokenKind } from './lexer.ts';
import { type World, WorldError, type WorldItem, type WorldNode } from './world.ts';

/** Nodes inside nodes that a world may have; deep robots have some tens (our choice). */
export const MAXIMUM_DEPTH = 500;

/** Nodes that a world may have (our choice; cities have some ten thousand). */
export const MAXIMUM_NODES = 500_000;

/** Numbers, strings and other values that a world may have (our choice; 8 bytes each). */
export const MAXIMUM_VALUES = 20_000_000;

/** Statements that are read before the caller has its turn: below 1 ms (our choice). */
const SLICE = 1_000;

const HEADER = /^\uFEFF?#VRML_SIM[ \t]+(\S+)[^\n]*(?:\n|$)/;

interface OpenNode {
  readonly node: WorldNode & { readonly fields: Map<string, readonly WorldItem[]> };
  /** The values of the field whose bracket is open. */
  list: WorldItem[] | undefined;
}

/** Reads the text of a world at once. @throws WorldError */
export function parseWorld(text: string): World {
  const slices = parseWorldInSlices(text);
  for (;;) {
    const { done, value } = slices.next();
    if (done) return value;
  }
}

/**
 * Reads the text of a world, and hands over between slices of the work.
 *
 * @yields how much is read, from 0 to 1
 * @throws WorldError
 */
export function* parseWorldInSlices(text: string): Generator<number, World, void> {
  const [header, version] = HEADER.exec(text) ?? [];
  if (header === undefined || version === undefined) {
    throw new WorldError(1, 1, 'Expected the first line of a world, such as `#VRML_SIM R2025a utf8`.');
  }
  const parser = new Parser(new Lexer(text, header.length));
  for (let count = 1; parser.readStatement(); count++) {
    if (count % SLICE === 0) yield parser.progress;
  }
  return { version, nodes: parser.nodes, missingDefinitions: [...parser.missingDefinitions] };
}

/** Keeps its own stack of open nodes, so that no text is too deep for the one of the language. */
class Parser {
  readonly nodes: WorldNode[] = [];
  readonly missingDefinitions = new Set<string>();
  readonly #lexer: Lexer;
  readonly #definitions = new Map<string, WorldNode>();
  readonly #open: OpenNode[] = [];
  #nodeCount = 0;
  #valueCount = 0;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    lexer.advance();
  }

  get progress(): number {
    return this.#lexer.progress;
  }

  /** Reads one field, one value of a list or one statement between nodes; false at the end of the file. */
  readStatement(): boolean {
    const current = this.#open.at(-1);
    if (current === undefined) return this.#readRootStatement();
    if (current.list !== undefined) this.#readListItem(current, current.list);
    else if (this.#lexer.kind === '}') this.#closeNode();
    else this.#readField(current);
    return true;
  }

  #readRootStatement(): boolean {
    const lexer = this.#lexer;
    if (lexer.kind === 'end') return false;
    this.#require('word', 'a node');
    if (lexer.text === 'IMPORTABLE' || lexer.text === 'EXTERNPROTO') this.#skipExternalPrototype();
    else if (lexer.text === 'PROTO') this.#skipPrototype();
    else {
      const items: WorldItem[] = [];
      this.#readNode(items, 'a node');
      this.nodes.push(...items.filter(isNode));
    }
    return true;
  }

  /** `EXTERNPROTO "url"`, `IMPORTABLE EXTERNPROTO "url"`, and the older form with a name and an interface. */
  #skipExternalPrototype(): void {
    const lexer = this.#lexer;
    while (lexer.kind === 'word') lexer.advance();
    if (lexer.kind === '[') this.#skipBrackets();
    this.#require('string', 'the URL of a PROTO in quotes');
    lexer.advance();
  }

  /** `PROTO Name [ interface ] { body }`: a definition inside a world, which shows nothing by itself. */
  #skipPrototype(): void {
    const lexer = this.#lexer;
    lexer.advance();
    this.#require('word', 'the name of a PROTO');
    lexer.advance();
    this.#require('[', '"["');
    this.#skipBrackets();
    this.#require('{', '"{"');
    this.#skipBrackets();
  }

  /** Skips from an opening bracket to behind the one that closes it. */
  #skipBrackets(): void {
    const lexer = this.#lexer;
    let depth = 0;
    do {
      if (lexer.kind === '{' || lexer.kind === '[') depth++;
      else if (lexer.kind === '}' || lexer.kind === ']') depth--;
      else if (lexer.kind === 'end') throw lexer.expected('a closing bracket');
      lexer.advance();
    } while (depth > 0);
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
    if (++this.#valueCount > MAXIMUM_VALUES) {
      throw lexer.error(`Expected at most ${MAXIMUM_VALUES} values in a world.`);
    }
    if (lexer.kind === 'number') items.push(lexer.number);
    else if (lexer.kind === 'string') items.push(lexer.text);
    else if (lexer.kind === 'word' && /^(?:TRUE|true)$/.test(lexer.text)) items.push(true);
    else if (lexer.kind === 'word' && /^(?:FALSE|false)$/.test(lexer.text)) items.push(false);
    else if (lexer.kind === 'word' && /^(?:NULL|null)$/.test(lexer.text)) items.push(null);
    else {
      this.#readNode(items, expectation);
      return;
    }
    lexer.advance();
  }

  /** `Type {`, `DEF NAME Type {` or `USE NAME`; the fields follow as further statements. */
  #readNode(items: WorldItem[], expectation: string): void {
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

  #openNode(type: string, definition: string | undefined): WorldNode {
    const lexer = this.#lexer;
    if (this.#open.length >= MAXIMUM_DEPTH) {
      throw lexer.error(`Expected at most ${MAXIMUM_DEPTH} nodes inside each other.`);
    }
    if (++this.#nodeCount > MAXIMUM_NODES) throw lexer.error(`Expected at most ${MAXIMUM_NODES} nodes in a world.`);
    lexer.advance();
    this.#require('{', `"{" after the type of a node, "${type}"`);
    lexer.advance();
    const node = { type, definition, fields: new Map<string, readonly WorldItem[]>() };
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

function isNode(item: WorldItem): item is WorldNode {
  return typeof item === 'object' && item !== null;
}
