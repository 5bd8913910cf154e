import type { Lexer, TokenKind } from './lexer.ts';
import { NodeReader, type ReadingBudget } from './node-reader.ts';
import type { Prototype, WorldItem } from './world.ts';

/** What begins the declaration of a field; the last ones tell editors how to show it. */
const DECLARATIONS: ReadonlySet<string> = new Set([
  'field',
  'exposedField',
  'vrmlField',
  'w3dField',
  'hiddenField',
  'deprecatedField',
  'unconnectedField',
]);

/** Reads `PROTO Name [ interface ] { body }`, from its name on. @throws WorldError */
export class PrototypeReader {
  readonly #lexer: Lexer;
  readonly #nodes: NodeReader;

  constructor(lexer: Lexer, budget: ReadingBudget) {
    this.#lexer = lexer;
    this.#nodes = new NodeReader(lexer, budget);
  }

  get types(): ReadonlySet<string> {
    return this.#nodes.types;
  }

  get missingDefinitions(): ReadonlySet<string> {
    return this.#nodes.missingDefinitions;
  }

  read(): Prototype {
    const lexer = this.#lexer;
    const { templateCount } = lexer;
    this.#require('word', 'the name of a PROTO');
    const name = lexer.text;
    lexer.advance();
    const fields = this.#readInterface();
    this.#require('{', '"{"');
    // What scripts leave of the text need not be well-formed, so nothing of it is read.
    const isScripted = lexer.templateCount > templateCount || lexer.hasTemplateAhead();
    if (isScripted) skipBrackets(lexer, false);
    return { name, fields, isScripted, body: isScripted ? undefined : this.#readBody() };
  }

  #readInterface(): Map<string, readonly WorldItem[]> {
    const lexer = this.#lexer;
    const fields = new Map<string, readonly WorldItem[]>();
    this.#require('[', '"["');
    lexer.advance();
    while (!this.#isAt(']')) this.#readDeclaration(fields);
    lexer.advance();
    return fields;
  }

  #readDeclaration(fields: Map<string, readonly WorldItem[]>): void {
    const lexer = this.#lexer;
    if (!DECLARATIONS.has(lexer.text)) throw lexer.expected('a field of the PROTO or "]"');
    this.#require('word', 'a field of the PROTO or "]"');
    lexer.advance();
    this.#require('word', 'the type of a field');
    lexer.advance();
    // `SFString{"a", "b"}`: the values that are allowed.
    if (this.#isAt('{')) skipBrackets(lexer, true);
    this.#require('word', 'the name of a field');
    const name = lexer.text;
    lexer.advance();
    fields.set(name, this.#nodes.readWholeValue(name));
  }

  /** A PROTO stands for the first node of its body. */
  #readBody(): Prototype['body'] {
    const lexer = this.#lexer;
    const items: WorldItem[] = [];
    lexer.advance();
    while (!this.#isAt('}')) {
      this.#nodes.beginNode(items, 'a node or "}"');
      while (this.#nodes.isInside) this.#nodes.readStatement();
    }
    lexer.advance();
    const [body] = items;
    return typeof body === 'object' && body !== null ? body : undefined;
  }

  #isAt(kind: TokenKind): boolean {
    return this.#lexer.kind === kind;
  }

  #require(kind: TokenKind, expectation: string): void {
    if (!this.#isAt(kind)) throw this.#lexer.expected(expectation);
  }
}

/** Skips from an opening bracket to behind the one that closes it. */
export function skipBrackets(lexer: Lexer, mustClose: boolean): void {
  let depth = 0;
  do {
    if (lexer.kind === '{' || lexer.kind === '[') depth++;
    else if (lexer.kind === '}' || lexer.kind === ']') depth--;
    else if (lexer.kind === 'end') {
      if (mustClose) throw lexer.expected('a closing bracket');
      return;
    }
    lexer.advance();
  } while (depth > 0);
}
