import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSyntaxError, parseJson } from '../../../src/config/json-text.ts';

describe('parseJson', () => {
  it('reads every JSON text as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        expect(parseJson(` ${text}\n`).value).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses exactly what JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      '01',
      '1.',
      '.5',
      '1e',
      'true',
      'nul',
      ' ',
      '\n',
      '\\',
      '\u0001',
      '//x',
      "'",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (json) => {
        expect(refuses(() => parseJson(json))).toBe(refuses(() => JSON.parse(json)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['{\n  "port": 2000,\n}', 3, 1, 'Expected a key in double quotes, got "}"'],
    ['{\n  "ssl": false\n  "port": 2000\n}', 3, 3, 'Expected "," or "}", got "\\"port\\": 2000"'],
    ["{ 'port': 2000 }", 1, 3, `Expected a key in double quotes, got "'port': 2000 }"`],
    ['{\r\n  // local\r\n}', 2, 3, 'Expected a key in double quotes, got "// local"'],
    ['{ "port" 2000 }', 1, 10, 'Expected ":" after the key, got "2000 }"'],
    ['{ "ssl": False }', 1, 10, 'Expected a value, got "False }"'],
    ['{ "hosts": ["a" "b"] }', 1, 17, 'Expected "," or "]", got "\\"b\\"] }"'],
    ['{ "port": 2000', 1, 15, 'Expected "," or "}", got the end of the text'],
    ['{} {}', 1, 4, 'Expected the end of the text, got "{}"'],
    ['', 1, 1, 'Expected a value, got the end of the text'],
  ])('says where %j is wrong', (text, line, column, message) => {
    expect(syntaxError(text)).toMatchObject({ line, column, message });
  });

  it.each([
    '{ "adminToken": hunter2-hunter2-hunter2 }',
    '{ "adminToken": "hunter2-hunter2\n }',
    '{ "clusterSecret" "hunter2" }',
    "{ 'mailSenderPassword': 'hunter2' }",
    '{ "adminToken": "t" "hunter2" }',
    '{ "port": 2000 "adminToken": "hunter2" }',
  ])('quotes nothing of %j, where a secret may be', (text) => {
    expect(syntaxError(text).message).toMatch(/^Expected .*, got what may be a secret$/);
  });

  it('refuses what is nested too deep, without exhausting the stack', () => {
    expect(syntaxError('['.repeat(100_000)).message).toBe(`Expected at most 64 levels, got "${'['.repeat(20)}"`);
  });

  it('finds keys that occur twice in one object', () => {
    const { value, duplicateKeys } = parseJson('{ "a": { "b": 1 }, "b": 2,\n  "\\u0061": 3 }');

    expect(value).toEqual({ a: 3, b: 2 });
    expect(duplicateKeys).toEqual([{ key: 'a', line: 2, column: 3 }]);
  });
});

function refuses(parse: () => unknown): boolean {
  try {
    parse();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return true;
  }
}

function syntaxError(text: string): JsonSyntaxError {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
