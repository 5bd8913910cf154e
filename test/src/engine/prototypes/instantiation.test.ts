import { execFileSync } from 'node:child_process';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { nest, WORLD_FRAME } from '../../../../src/engine/math/frame.ts';
import type { Vector } from '../../../../src/engine/math/vector.ts';
import { rotationOf } from '../../../../src/engine/physics/collider-plan.ts';
import { MAXIMUM_INSTANCE_NODES, MAXIMUM_NESTING } from '../../../../src/engine/prototypes/instantiation.ts';
import {
  MAXIMUM_PROTOTYPE_FILES,
  MAXIMUM_PROTOTYPE_SIZE,
} from '../../../../src/engine/prototypes/prototype-library.ts';
import { MAXIMUM_SCENE_NODES } from '../../../../src/engine/scene/expansion.ts';
import { loadScene } from '../../../../src/engine/scene/load-scene.ts';
import type { Scene } from '../../../../src/engine/scene/scene.ts';
import { numbersOf, type SceneNode, vectorOf, walk } from '../../../../src/engine/scene/scene-node.ts';
import { pointAt } from '../../../../src/engine/scene/triangles.ts';
import { AppError } from '../../../../src/errors.ts';
import { ProjectFolder } from '../fixtures/project-folder.ts';
import { worldText } from '../fixtures/world-text.ts';

/** A world has these, so that what follows is all that differs. */
const SURROUNDINGS = 'WorldInfo { } Viewpoint { } Background { } DirectionalLight { }';

let folder: ProjectFolder | undefined;

afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

describe('a PROTO of the project', () => {
  it('gives its content with the fields of the node, and its own defaults', async () => {
    const { shown, notices } = await show('EXTERNPROTO "../protos/Ball.proto" Ball { radius 0.5 } Ball { name "b" }', {
      'protos/Ball.proto': proto(`PROTO Ball [
        field SFVec3f translation 0 0 1  # where
        vrmlField SFRotation rotation 0 0 1 0
        field SFString{"ball", "b"} name "ball"
        unconnectedField SFFloat speed 3
        hiddenField SFFloat radius 0.1
        deprecatedField MFString info []
      ] {
        Solid { translation IS translation rotation IS rotation name IS name
          children [ DEF SHAPE Shape { geometry Sphere { radius IS radius } } ]
          boundingObject USE SHAPE }
      }`),
    });

    expect(shown).toEqual([
      'Solid ball 0 0 1',
      '  Shape',
      '    Sphere 0.5',
      '  Shape',
      '    Sphere 0.5',
      'Solid b 0 0 1',
      '  Shape',
      '    Sphere 0.1',
      '  Shape',
      '    Sphere 0.1',
    ]);
    expect(notices).toEqual([]);
  });

  it('takes nodes, which keep the PROTOs and definitions of the file that they are written in', async () => {
    const { shown } = await show(
      `EXTERNPROTO "Frame.proto" EXTERNPROTO "../protos/Wheel.proto"
       DEF BOX Shape { geometry Box { } }
       Frame { parts [ USE BOX Wheel { } ] } USE BOX`,
      {
        'worlds/Frame.proto': proto(`EXTERNPROTO "other/Wheel.proto"
          PROTO Frame [ field MFNode parts [ Wheel { } ] field SFNode last Wheel { } ] {
            Group { children [ Group { children IS parts } Wheel { } Group { children IS last } Group { children IS nothing } ] } }`),
        'worlds/other/Wheel.proto': proto('PROTO Wheel [ ] { Shape { geometry Sphere { radius 7 } } }'),
        'protos/Wheel.proto': proto('PROTO Wheel [ ] { Shape { geometry Sphere { radius 9 } } }'),
      },
    );

    expect(shown).toEqual([
      'Shape',
      '  Box',
      'Group',
      '  Group',
      '    Shape',
      '      Box',
      '    Shape',
      '      Sphere 9',
      '  Shape',
      '    Sphere 7',
      '  Group',
      '    Shape',
      '      Sphere 7',
      '  Group',
      'Shape',
      '  Box',
    ]);
  });

  it('may be another PROTO with some of its fields, also one that is found by its name only', async () => {
    const { shown, notices } = await show('Red { name "r" }', {
      'protos/Red.proto': proto(
        'PROTO Red [ field SFString name "red" field SFFloat size 2 ] { Any { name IS name edge IS size } }',
      ),
      'protos/Any.proto': proto(
        'PROTO Any [ field SFString name "any" field SFFloat edge 1 field SFBool x TRUE ] { Solid { name IS name children Shape { geometry Sphere { radius IS edge } } } }',
      ),
    });

    expect(shown).toEqual(['Solid r 0 0 0', '  Shape', '    Sphere 2']);
    expect(notices).toEqual([]);
  });

  it('may be defined in the world', async () => {
    const { shown } = await show(
      'PROTO Ball [ field SFFloat radius 3 ] { Shape { geometry Sphere { radius IS radius } } } Ball { }',
    );

    expect(shown).toEqual(['Shape', '  Sphere 3']);
  });

  it('keeps its definitions to itself', async () => {
    const { shown, notices } = await show('Two { } USE INNER', {
      'protos/Two.proto': proto('PROTO Two [ ] { Group { children [ DEF INNER Group { } USE INNER USE OUTER ] } }'),
    });

    expect(shown).toEqual(['Group', '  Group', '  Group']);
    expect(notices).toEqual([
      'Not shown: USE INNER, no node before it has this DEF name.',
      'Not shown: USE OUTER, no node before it has this DEF name.',
    ]);
  });

  it('has the files that it names beside its own file, and those that the world names beside the world', async () => {
    const { scene } = await show('EXTERNPROTO "../protos/deep/Poster.proto" Poster { } Poster { url "mine.png" }', {
      'protos/deep/Poster.proto': proto(`PROTO Poster [ field MFString url "theirs.png" ] { Group { children [
        Shape { appearance PBRAppearance { baseColorMap ImageTexture { url IS url } } geometry Mesh { url "meshes/a.obj" } }
        CadShape { url "https://example.org/b.dae" }
        CadShape { url "../../../../outside.obj" }
      ] } }`),
    });

    const urls = [...walk(scene.roots)].flatMap(({ values }) => (values.url as string[] | undefined) ?? []);
    const own = ['../protos/deep/meshes/a.obj', 'https://example.org/b.dae', ''];
    expect(urls).toEqual(['../protos/deep/theirs.png', ...own, 'mine.png', ...own]);
  });
});

describe('a PROTO that cannot be had', () => {
  it.each([
    ['EXTERNPROTO "https://example.org/Moose.proto"', 'its PROTO is not part of the project'],
    ['EXTERNPROTO "webots://projects/Moose.proto"', 'its PROTO is not part of the project'],
    ['EXTERNPROTO "../../Moose.proto"', 'its PROTO lies outside of the project'],
    ['EXTERNPROTO "/etc/Moose.proto"', 'its PROTO lies outside of the project'],
    ['EXTERNPROTO "link/Moose.proto"', 'the project has no such PROTO file'],
    ['EXTERNPROTO ".git/Moose.proto"', 'the project has no such PROTO file'],
    ['EXTERNPROTO "pipe/Moose.proto"', 'the project has no such PROTO file'],
    ['EXTERNPROTO "folder/Moose.proto"', 'the project has no such PROTO file'],
    ['EXTERNPROTO "a\0/Moose.proto"', 'the project has no such PROTO file'],
    ['EXTERNPROTO "large/Moose.proto"', `its PROTO has more than ${MAXIMUM_PROTOTYPE_SIZE} bytes`],
    ['EXTERNPROTO "empty/Moose.proto"', 'its file defines no PROTO'],
    ['EXTERNPROTO "wrong/Moose.proto"', 'its PROTO cannot be read: line 2, column 7'],
    ['EXTERNPROTO "script/Moose.proto"', 'its PROTO is a script, and the embedded engine runs none'],
    ['EXTERNPROTO "text/Moose.proto"', 'its PROTO is a script, and the embedded engine runs none'],
    ['EXTERNPROTO "self/Moose.proto"', 'its PROTO contains itself'],
    ['', 'the embedded engine does not know this type of node'],
  ])('is a box with its name at its place: %j', async (declaration, obstacle) => {
    folder = await ProjectFolder.create({
      'worlds/.git/Moose.proto': proto('PROTO Moose [ ] { Group { } }'),
      'worlds/folder/Moose.proto/x': '',
      'worlds/large/Moose.proto': '',
      'worlds/empty/Moose.proto': proto(''),
      'worlds/wrong/Moose.proto': proto('PROTO { }'),
      'worlds/pipe/x': '',
      'worlds/script/Moose.proto': proto(
        'PROTO Moose [ field SFVec3f translation 9 9 9 ] { %< let x = "{"; >% Solid { %{ if } }% } }',
      ),
      'worlds/text/Moose.proto': proto('PROTO Moose [ ] { Solid { name "%<= x >%" } }'),
      'worlds/self/Moose.proto': proto('EXTERNPROTO "Moose.proto" PROTO Moose [ ] { Moose { translation 1 2 3 } }'),
    });
    await symlink('/tmp', folder.at('worlds/link'));
    await truncate(folder.at('worlds/large/Moose.proto'), MAXIMUM_PROTOTYPE_SIZE + 1);
    execFileSync('mkfifo', [folder.at('worlds/pipe/Moose.proto')]);

    const { shown, notices } = await show(`${declaration} Moose { translation 1 2 3 children [ Group { } ] }`);

    const children = obstacle.includes('itself') ? [] : ['  Group'];
    expect(shown).toEqual([
      'Solid Moose 1 2 3',
      '  Pose 0 0 0.2',
      '    Shape',
      '      Box',
      '    Shape',
      '      IndexedLineSet',
      ...children,
    ]);
    expect(notices).toEqual([`Not shown: 1 Moose (a box stands for it), ${obstacle}.`]);
  });

  it('is nothing where it has no place, and its children where it has some', async () => {
    const { shown, notices } = await show(
      `EXTERNPROTO "https://example.org/Sky.proto" Sky { } Sky { luminosity 3 } Frame { children [ Group { } ] }
       Shape { appearance Gold { } geometry Box { } }`,
    );

    expect(shown).toEqual(['Group', '  Group', 'Shape', '  Box']);
    expect(notices).toEqual([
      'Not shown: 2 Sky, its PROTO is not part of the project.',
      'Not shown: 1 Frame, 1 Gold, each because the embedded engine does not know this type of node.',
    ]);
  });

  it('is no box in a look, a form or a bounding object, whatever its fields are', async () => {
    const { scene, shown, notices } = await show(`Solid { name "a"
      children [ Shape { appearance Gold { name "g" } geometry Knot { translation 0 0 1 } } ]
      boundingObject Group { children [ Knot { translation 0 0 1 } Sphere { radius 3 } ] } }`);

    expect(shown).toEqual(['Solid a 0 0 0', '  Shape', '  Group', '    Sphere 3']);
    const shape = [...walk(scene.roots)].find(({ type }) => type === 'Shape');
    expect(shape?.nodes.appearance?.map(({ type }) => type)).toEqual(['PBRAppearance']);
    expect(notices).toEqual([
      'Not shown: 1 Gold, 2 Knot, each because the embedded engine does not know this type of node.',
    ]);
  });

  it('has the place that its own file gives it', async () => {
    const { shown } = await show('Lab { } Lab { rotation 0 0 1 1 }', {
      'protos/Lab.proto': proto('PROTO Lab [ field SFVec3f translation 4 5 6 ] { %< >% Solid { } }'),
    });

    expect(shown.filter((line) => line.startsWith('Solid'))).toEqual(['Solid Lab 4 5 6', 'Solid Lab 4 5 6']);
  });
});

describe('the bounds of PROTOs', () => {
  it('shows no more of them inside each other than there may be', async () => {
    const files = Object.fromEntries(
      Array.from({ length: MAXIMUM_NESTING + 1 }, (_, index) => [
        `protos/P${index}.proto`,
        proto(`PROTO P${index} [ ] { Group { children [ P${index + 1} { } ] } }`),
      ]),
    );
    const { shown, notices } = await show('P0 { }', files);

    expect(shown).toHaveLength(MAXIMUM_NESTING);
    expect(notices).toEqual([
      `Not shown: 1 P${MAXIMUM_NESTING}, PROTOs are shown up to ${MAXIMUM_NESTING} inside each other.`,
    ]);
  });

  it('shows none that contains itself by others', async () => {
    const { shown, notices } = await show('A { } Group { children A { } }', {
      'protos/A.proto': proto('PROTO A [ ] { Group { children [ B { } B { } ] } }'),
      'protos/B.proto': proto('PROTO B [ field MFNode c A { } ] { Group { children IS c } }'),
    });

    expect(shown.length).toBeLessThan(10);
    expect(notices).toEqual(['Not shown: 4 A, its PROTO contains itself.']);
  });

  it('lets one stand inside of another of its type where the world puts it there', async () => {
    const { shown, notices } = await show('Frame { children Frame { children Frame { } } }', {
      'protos/Frame.proto': proto('PROTO Frame [ field MFNode children [ ] ] { Group { children IS children } }'),
    });

    expect(shown).toEqual(['Group', '  Group', '    Group']);
    expect(notices).toEqual([]);
  });

  it('refuses a world that doubles its nodes too often', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 25 }, (_, index) => [
        `protos/P${index}.proto`,
        proto(`PROTO P${index} [ ] { Group { children [ P${index + 1} { } P${index + 1} { } ] } }`),
      ]),
    );

    await expect(show('P0 { }', files)).rejects.toThrow(
      new AppError(
        'worldUnreadable',
        `Expected at most ${MAXIMUM_INSTANCE_NODES} nodes in a world with the content of its PROTOs.`,
      ),
    );
  });

  it('refuses a world whose fields double too often', async () => {
    const nested = Array.from({ length: 30 }).reduce<string>((inner) => `Two { c ${inner} }`, 'Group { }');

    await expect(
      show(nested, {
        'protos/Two.proto': proto(
          'PROTO Two [ field MFNode c [ ] ] { Group { children [ Group { children IS c } Group { children IS c } ] } }',
        ),
      }),
    ).rejects.toThrow(new AppError('worldUnreadable', `Expected at most ${MAXIMUM_SCENE_NODES} nodes in a scene.`));
  });

  it('reads no more files than a world may have', async () => {
    const files = Object.fromEntries(
      Array.from({ length: MAXIMUM_PROTOTYPE_FILES + 2 }, (_, index) => [
        `protos/P${index}.proto`,
        proto(`PROTO P${index} [ ] { Group { } }`),
      ]),
    );
    const types = Object.keys(files).map((_, index) => `P${index} { }`);
    const { shown, notices } = await show(types.join(' '), files);

    expect(shown).toHaveLength(MAXIMUM_PROTOTYPE_FILES);
    const [first, second] = [MAXIMUM_PROTOTYPE_FILES, MAXIMUM_PROTOTYPE_FILES + 1];
    expect(notices).toEqual([
      `Not shown: 1 P${first}, 1 P${second}, each because the world asks for more than ${MAXIMUM_PROTOTYPE_FILES} PROTO files.`,
    ]);
  });

  it.each([
    ['ENU', 2],
    ['NUE', 1],
    ['EUN', 1],
  ] as const)('has its label upright on its box in a world of %s', async (coordinateSystem, up) => {
    const { scene } = await show(`WorldInfo { coordinateSystem "${coordinateSystem}" } Lorry { translation 0 0 0 }`);
    const box = [...walk(scene.roots)].find(({ type }) => type === 'Pose')!;
    const lines = [...walk([box])].find(({ type }) => type === 'Coordinate')!;
    const points = numbersOf(lines, 'point');
    const frame = { ...WORLD_FRAME, translation: vectorOf(box, 'translation'), rotation: rotationOf(box) };
    const placed = Array.from({ length: points.length / 3 }, (_, index) => {
      return nest(frame, { ...WORLD_FRAME, translation: pointAt(points, index) }).translation;
    });

    // The letter L of the first side: down its left edge, then along its foot.
    const [top, corner, end] = placed as [Vector, Vector, Vector];
    expect(top[up]).toBeGreaterThan(corner[up] + 0.01);
    expect(end[up]).toBeCloseTo(corner[up], 9);
    // On the ground, and with the text on top above all others.
    expect(Math.max(...placed.map((point) => point[up]!))).toBeCloseTo(0.402, 6);
    expect(Math.min(...placed.map((point) => point[up]!))).toBeGreaterThan(0);
  });
});

interface Shown {
  readonly scene: Scene;
  /** A line for each node that tells its type, and what matters here. */
  readonly shown: readonly string[];
  readonly notices: readonly string[];
}

async function show(nodes: string, files: Readonly<Record<string, string>> = {}): Promise<Shown> {
  folder ??= await ProjectFolder.create();
  for (const [path, content] of Object.entries(files)) await folder.write(path, content);
  const world = await folder.write('worlds/world.wbt', '');
  await writeFile(world, worldText(`${nodes} ${SURROUNDINGS}`));
  const scene = await loadScene(world, () => {});
  const shown = scene.roots
    .filter(({ type }) => type !== 'Background' && type !== 'DirectionalLight')
    .flatMap((node) => outline(node, ''));
  return { scene, shown, notices: scene.notices };
}

function outline(node: SceneNode, indent: string): string[] {
  const { type, values, nodes } = node;
  const own = [type, values.name ?? [], values.translation ?? [], values.radius ?? []].flat().join(' ');
  const inner = Object.entries(nodes).flatMap(([field, children]) =>
    ['children', 'geometry', 'boundingObject'].includes(field) ? children : [],
  );
  return [`${indent}${own}`, ...inner.flatMap((child) => outline(child, `${indent}  `))];
}

function proto(text: string): string {
  return `#VRML_SIM R2025a utf8\n${text}\n`;
}
