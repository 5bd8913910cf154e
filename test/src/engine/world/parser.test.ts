import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAXIMUM_DEPTH } from '../../../../src/engine/world/node-reader.ts';
import { parseWorld, parseWorldInSlices } from '../../../../src/engine/world/parser.ts';
import { WorldError, type WorldItem, type WorldNode } from '../../../../src/engine/world/world.ts';
import { REAL_WORLDS } from '../fixtures/sample-worlds.ts';
import { grammaticalNodes, worldText } from '../fixtures/world-text.ts';

describe('parseWorld', () => {
  it('reads nodes, vectors, lists, definitions and uses', () => {
    const world = parse(`
      EXTERNPROTO "https://example.org/Moose.proto"
      IMPORTABLE EXTERNPROTO "Oak.proto"
      WorldInfo { title "A \\"test\\" \\\\ \\n" info [ "a", "b" ] }
      DEF BALL Solid {
        translation 0 -1.5 .25  # where it is
        children [ DEF SHAPE Shape { geometry Sphere { radius 1e-1 } } ]
        boundingObject USE SHAPE
        locked TRUE physics NULL
      }
      USE BALL
    `);

    expect(world).toEqual({
      version: 'R2025a',
      missingDefinitions: [],
      externals: [
        { name: 'Moose', url: 'https://example.org/Moose.proto' },
        { name: 'Oak', url: 'Oak.proto' },
      ],
      prototypes: [],
      types: new Set(['WorldInfo', 'Solid', 'Shape', 'Sphere']),
      nodes: [
        { type: 'WorldInfo', fields: { title: ['A "test" \\ \\n'], info: ['a', 'b'] } },
        ball('BALL'),
        ball('BALL'),
      ],
    });
  });

  it('reads the definitions of PROTO nodes, but not those with template statements', () => {
    const { nodes, prototypes, types } = parse(`
      PROTO Ball [ field SFFloat radius 1 ] { Sphere { radius IS radius } }
      PROTO Wheel [ field SFFloat radius 1 field MFNode parts [ Box { } ] ] { %< let x = "}"; >% Group { } }
      %{ if true then }%
      Box { size 1 %< 2 3 >% 2 3 }
    `);

    expect(nodes).toEqual([{ type: 'Box', fields: { size: [1, 2, 3] } }]);
    const body = {
      type: 'Sphere',
      definition: undefined,
      fields: new Map(),
      connections: new Map([['radius', 'radius']]),
    };
    expect(prototypes).toEqual([
      { name: 'Ball', fields: new Map([['radius', [1]]]), isScripted: false, body },
      { name: 'Wheel', fields: expect.any(Map), isScripted: true, body: undefined },
    ]);
    expect([...types]).toEqual(['Sphere', 'Box']);
  });

  it('keeps hidden fields under their names and drops fields that are bound to a PROTO', () => {
    const { nodes } = parse('Solid { hidden linearVelocity 1 2 3 name IS title }');

    expect(nodes).toEqual([{ type: 'Solid', fields: { linearVelocity: [1, 2, 3] } }]);
  });

  it('gives a use the latest definition before it, and names those that are missing', () => {
    const world = parse('Group { children [ USE A DEF A Box { } USE A DEF A Cone { } USE A USE B ] }');

    expect(world.missingDefinitions).toEqual(['A', 'B']);
    expect(world.nodes).toEqual([
      {
        type: 'Group',
        fields: {
          children: [
            null,
            { type: 'Box', definition: 'A', fields: {} },
            { type: 'Box', definition: 'A', fields: {} },
            { type: 'Cone', definition: 'A', fields: {} },
            { type: 'Cone', definition: 'A', fields: {} },
            null,
          ],
        },
      },
    ]);
  });

  it('does not let a node be part of itself', () => {
    expect(parse('DEF A Group { children [ USE A ] }').missingDefinitions).toEqual(['A']);
  });

  it.each([
    ['Box {\n  size 1', 3, 9, 'Expected a field or "}", got the end of the file.'],
    ['Box {\n  size }', 3, 8, 'Expected a value of the field "size", got "}".'],
    ['Box {\n title "a', 3, 8, 'This string has no end.'],
    ['Box { } }', 2, 9, 'Expected a node, got "}".'],
    ['Box [ ]', 2, 5, 'Expected "{" after the type of a node, "Box", got "[".'],
    ['Group { children [ 1 { ] }', 2, 22, 'Expected a value or "]", got "{".'],
    ['DEF { }', 2, 5, 'Expected a name for the node, got "{".'],
    ['%< a', 2, 1, 'This template statement has no end.'],
    ['PROTO A [ ] { Box {', 2, 20, 'Expected a field or "}", got the end of the file.'],
    ['PROTO A [ field SFBool{', 2, 24, 'Expected a closing bracket, got the end of the file.'],
    ['PROTO A [ SFBool b TRUE ] { }', 2, 11, 'Expected a field of the PROTO or "]", got "SFBool".'],
    ['EXTERNPROTO Box { }', 2, 17, 'Expected the URL of a PROTO in quotes, got "{".'],
    [`"${'long '.repeat(20)}"`, 2, 1, `Expected a node, got the string "${'long '.repeat(8)}…".`],
  ])('tells where %j is wrong', (nodes, line, column, text) => {
    expect(() => parseWorld(worldText(nodes))).toThrow(new WorldError(line, column, text));
  });

  it('refuses a text without the first line of a world', () => {
    for (const text of ['', 'Box { }', '#VRML V2.0 utf8\n', ' #VRML_SIM R2025a utf8\n']) {
      expect(() => parseWorld(text)).toThrow('Line 1, column 1: Expected the first line of a world');
    }
  });

  it('refuses nodes that are too deep before the stack is full', () => {
    expect(() => parseWorld(worldText('A{b '.repeat(10_000)))).toThrow(
      `Expected at most ${MAXIMUM_DEPTH} nodes inside each other.`,
    );
    expect(() => parseWorld(worldText('A{b[ '.repeat(10_000)))).toThrow(WorldError);
    expect(() => parseWorld(worldText(`PROTO A [${'['.repeat(10_000)}`))).toThrow(WorldError);
  });

  it('throws nothing but an error with a place for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), throwsOnlyWorldErrors),
    );
  });

  it('throws nothing but an error with a place for any mixture of its own words', () => {
    const word = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        '"',
        '\\',
        '#',
        '\n',
        '%<',
        '>%',
        ',',
        'DEF ',
        'USE ',
        'A ',
        'IS ',
        'NULL ',
        'TRUE ',
        '1 ',
      ],
      ...['PROTO ', 'EXTERNPROTO ', 'hidden ', 'Box ', 'size ', '-', '.', 'e9 ', '0x', '\uFEFF', '\0'],
    );
    fc.assert(fc.property(fc.array(word, { maxLength: 40 }), (words) => throwsOnlyWorldErrors(words.join(''))));
  });

  it('reads every text of the grammar', () => {
    fc.assert(
      fc.property(fc.array(grammaticalNodes, { maxLength: 4 }), (nodes) => {
        expect(parseWorld(worldText(nodes.join('\n'))).nodes).toHaveLength(nodes.length);
      }),
    );
  });

  it('reads every text of the grammar when it is cut off or loses a character, or says where it is wrong', () => {
    fc.assert(
      fc.property(grammaticalNodes, fc.nat(), fc.boolean(), (nodes, place, isCut) => {
        const at = place % nodes.length;
        return throwsOnlyWorldErrors(nodes.slice(0, at) + (isCut ? '' : nodes.slice(at + 1)));
      }),
    );
  });

  it('keeps every string as it was written', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const quoted = `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
        expect(parseWorld(worldText(`WorldInfo { title ${quoted} }`)).nodes[0]?.fields.get('title')).toEqual([text]);
      }),
    );
  });

  it('reads every number as JavaScript does', () => {
    const forms = fc.oneof(
      fc.stringMatching(/^[+-]?\d{1,18}\.?\d{0,18}$/),
      fc.stringMatching(/^[+-]?\.\d{1,20}$/),
      fc.double({ noNaN: true }).map(String),
      fc.integer().map(String),
    );
    fc.assert(
      fc.property(forms, (text) => {
        const [value] = parseWorld(worldText(`Box { size ${text} }`)).nodes[0]?.fields.get('size') ?? [];
        expect(value).toBe(Number(text));
      }),
    );
  });

  it.each([
    ['nodes', 'Box { size 1 2 3 }\n'.repeat(4_000)],
    ['a list', `Coordinate { point [ ${'1 2 3, '.repeat(20_000)} ] }`],
    ['a run of numbers without brackets', `Coordinate { point ${'1 2 3 '.repeat(20_000)} }`],
    ['a run of texts', `WorldInfo { info ${'"text" '.repeat(20_000)} }`],
    ['the body of a PROTO', `PROTO A [ ] { Group { children [ ${'Box { } '.repeat(20_000)} ] } }`],
    ['a default of a PROTO', `PROTO A [ field MFFloat f [ ${'1 '.repeat(50_000)} ] ] { Box { } }`],
    ['the script of a PROTO', `PROTO A [ ] { ${'Box { } '.repeat(20_000)} %< 1 >% }`],
    ['the interface of an EXTERNPROTO', `EXTERNPROTO A [ ${'field SFFloat f '.repeat(10_000)} ] "A.proto"`],
  ])('hands over between slices of %s that are long', (_, text) => {
    const slices = parseWorldInSlices(worldText(text));
    const progress: number[] = [];
    let step = slices.next();
    for (; step.done !== true; step = slices.next()) progress.push(step.value);

    expect(progress.length).toBeGreaterThan(2);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBeLessThanOrEqual(1);
  });

  it('finds the names in long URLs at once', () => {
    const { externals } = parse(`EXTERNPROTO "${'a'.repeat(3_000_000)}/Ball.proto"`);

    expect(externals.map(({ name }) => name)).toEqual(['Ball']);
  });

  it.skipIf(REAL_WORLDS.length === 0)('reads the worlds of real projects (skipped where they are not there)', () => {
    for (const path of REAL_WORLDS) expect(parseWorld(readFileSync(path, 'utf8')).nodes.length).toBeGreaterThan(4);
  });
});

function throwsOnlyWorldErrors(text: string): void {
  try {
    parseWorld(worldText(text));
  } catch (error) {
    expect(error).toBeInstanceOf(WorldError);
    expect(error).toMatchObject({ code: 'worldUnreadable', line: expect.any(Number), column: expect.any(Number) });
  }
}

function ball(definition: string) {
  const shape = {
    type: 'Shape',
    definition: 'SHAPE',
    fields: { geometry: [{ type: 'Sphere', fields: { radius: [0.1] } }] },
  };
  const fields = {
    translation: [0, -1.5, 0.25],
    children: [shape],
    boundingObject: [shape],
    locked: [true],
    physics: [null],
  };
  return { type: 'Solid', definition, fields };
}

/** A world with plain objects for its maps, and without what is not defined. */
function parse(nodes: string) {
  const world = parseWorld(worldText(nodes));
  return { ...world, nodes: world.nodes.map(plainNode) };
}

function plainNode({ type, definition, fields }: WorldNode): object {
  const plain = Object.fromEntries([...fields].map(([name, items]) => [name, items.map(plainItem)]));
  return { type, ...(definition !== undefined && { definition }), fields: plain };
}

function plainItem(item: WorldItem): unknown {
  return typeof item === 'object' && item !== null ? plainNode(item) : item;
}
