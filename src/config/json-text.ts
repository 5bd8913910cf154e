/** How deep values may be nested; our choice, far above any configuration. */
const DEPTH_LIMIT = 64;

/** Longest piece of the text that an error quotes, in characters; our choice. */
const QUOTE_LENGTH = 20;

/** In a key, or beside it, whose value is told to nobody. */
const SECRET_KEY = /password|secret|token/i;

/** A place in a text, both numbers counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A key that occurs twice in one object; the later value is the one that counts. */
export interface DuplicateKey extends Place {
  readonly key: string;
}

/** Text that is no JSON. `message` says what was expected and what came. */
export class JsonSyntaxError extends Error implements Place {
  override readonly name = 'JsonSyntaxError';
  readonly line: number;
  readonly column: number;

  constructor({ line, column }: Place, message: string) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

const TOKENS = {
  space: /[ \t\r\n]*/y,
  text: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y,
  scalar: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y,
} as const;

/**
 * Reads JSON exactly as `JSON.parse` does, and says where an error is and which
 * keys occur twice.
 *
 * @throws JsonSyntaxError for text that is no JSON, or that is nested deeper than 64 levels
 */
export function parseJson(text: string): { value: unknown; duplicateKeys: DuplicateKey[] } {
  const duplicateKeys: DuplicateKey[] = [];
  let position = 0;
  /** Where the key begins that was read last. */
  let latestKey = 0;

  skipSpace();
  skipValue('a value', 0);
  if (position < text.length) fail('the end of the text');
  return { value: JSON.parse(text) as unknown, duplicateKeys };

  function skipValue(expectation: string, depth: number): void {
    if (depth > DEPTH_LIMIT) fail(`at most ${DEPTH_LIMIT} levels`);
    if (skip('{')) skipObject(depth);
    else if (skip('[')) skipList(depth);
    else if (match('text') === undefined && match('scalar') === undefined) fail(expectation);
    skipSpace();
  }

  function skipObject(depth: number): void {
    const keys = new Set<string>();
    if (skip('}')) return;
    do {
      const start = position;
      latestKey = start;
      const quoted = match('text') ?? fail('a key in double quotes');
      const key = JSON.parse(quoted) as string;
      if (keys.has(key)) duplicateKeys.push({ key, ...placeOf(start) });
      keys.add(key);
      skipSpace();
      if (!skip(':')) fail('":" after the key');
      skipValue('a value', depth + 1);
    } while (skip(','));
    if (!skip('}')) fail('"," or "}"');
  }

  function skipList(depth: number): void {
    if (skip(']')) return;
    do skipValue('a value', depth + 1);
    while (skip(','));
    if (!skip(']')) fail('"," or "]"');
  }

  function skip(punctuation: string): boolean {
    if (text[position] !== punctuation) return false;
    position += 1;
    skipSpace();
    return true;
  }

  function skipSpace(): void {
    match('space');
  }

  function match(kind: keyof typeof TOKENS): string | undefined {
    const token = TOKENS[kind];
    token.lastIndex = position;
    const found = token.exec(text)?.[0];
    position += found?.length ?? 0;
    return found;
  }

  function fail(expectation: string): never {
    const rest = text.slice(position, position + QUOTE_LENGTH).split(/[\r\n]/)[0]!;
    const isSecret = SECRET_KEY.test(text.slice(latestKey, position + QUOTE_LENGTH));
    const found = isSecret ? 'what may be a secret' : JSON.stringify(rest);
    const got = position >= text.length ? 'the end of the text' : found;
    throw new JsonSyntaxError(placeOf(position), `Expected ${expectation}, got ${got}`);
  }

  function placeOf(offset: number): Place {
    const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
    return { line: lines.length, column: lines.at(-1)!.length + 1 };
  }
}
