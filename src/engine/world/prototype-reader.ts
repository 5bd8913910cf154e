import type { Lexer, TokenKind } from './lexer.ts';
import { NodeReader, type ReadingBudget } from './node-reader.ts';
import type { Prototype, WorldItem, WorldNode } from './world.ts';

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

/** Reads `PROTO Name [ interface ] { body }`, from its name on, in slices. @throws WorldError */
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

  *read(): Generator<void, Prototype, undefined> {
    const lexer = this.#lexer;
    const { templateCount } = lexer;
    this.#require('word', 'the name of a PROTO');
    const name = lexer.text;
    lexer.advance();
    const fields = yield* this.#readInterface();
    this.#require('{', '"{"');
    // What scripts leave of the text need not be well-formed, so nothing of it is read.
    const isScripted = lexer.templateCount > templateCount || (yield* lexer.findTemplateAhead());
    if (isScripted) yield* skipBrackets(lexer, false);
    return { name, fields, isScripted, body: isScripted ? undefined : yield* this.#readBody() };
  }

  *#readInterface(): Generator<void, Map<string, readonly WorldItem[]>, undefined> {
    const lexer = this.#lexer;
    const fields = new Map<string, readonly WorldItem[]>();
    this.#require('[', '"["');
    lexer.advance();
    while (!this.#isAt(']')) yield* this.#readDeclaration(fields);
    lexer.advance();
    return fields;
  }

  *#readDeclaration(fields: Map<string, readonly WorldItem[]>): Generator<void, void, undefined> {
    const lexer = this.#lexer;
    if (!DECLARATIONS.has(lexer.text)) throw lexer.expected('a field of the PROTO or "]"');
    this.#require('word', 'a field of the PROTO or "]"');
    lexer.advance();
    this.#require('word', 'the type of a field');
    lexer.advance();
    // `SFString{"a", "b"}`: the values that are allowed.
    if (this.#isAt('{')) yield* skipBrackets(lexer, true);
    this.#require('word', 'the name of a field');
    const name = lexer.text;
    lexer.advance();
    fields.set(name, yield* this.#nodes.readWholeValue(name));
  }

  /** A PROTO stands for the first node of its body. */
  *#readBody(): Generator<void, Prototype['body'], undefined> {
    const lexer = this.#lexer;
    const items: (WorldNode | null)[] = [];
    lexer.advance();
    while (!this.#isAt('}')) {
      items.push(this.#nodes.beginNode('a node or "}"'));
      while (this.#nodes.isInside) {
        yield;
        this.#nodes.readStatement();
      }
    }
    lexer.advance();
    return items[0] ?? undefined;
  }

  #isAt(kind: TokenKind): boolean {
    return this.#lexer.kind === kind;
  }

  #require(kind: TokenKind, expectation: string): void {
    if (!this.#isAt(kind)) throw this.#lexer.expected(expectation);
  }
}

/** Skips from an opening bracket to behind the one that closes it, in slices. */
export function* skipBrackets(lexer: Lexer, mustClose: boolean): Generator<void, void, undefined> {
  let depth = 0;
  do {
    if (lexer.kind === '{' || lexer.kind === '[') depth++;
    else if (lexer.kind === '}' || lexer.kind === ']') depth--;
    else if (lexer.kind === 'end') {
      if (mustClose) throw lexer.expected('a closing bracket');
      return;
    }
    lexer.advance();
    yield;
  } while (depth > 0);
}
