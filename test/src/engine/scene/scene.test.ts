import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAXIMUM_SCENE_NODES } from '../../../../src/engine/scene/expansion.ts';
import { makeScene } from '../../../../src/engine/scene/scene.ts';
import {
  MAXIMUM_SCENE_NUMBERS,
  MAXIMUM_SCENE_TEXT,
  MAXIMUM_SCENE_TRIANGLES,
} from '../../../../src/engine/scene/scene-budget.ts';
import { type SceneNode, walk } from '../../../../src/engine/scene/scene-node.ts';
import { parseWorld } from '../../../../src/engine/world/parser.ts';
import { AppError } from '../../../../src/errors.ts';
import { grammaticalNodes, sceneOf, worldText } from '../fixtures/world-text.ts';

describe('makeScene', () => {
  it('fills in the defaults of Webots', () => {
    const { roots } = sceneOf('Background { } DirectionalLight { } Shape { geometry Cylinder { radius 0.5 } }');

    expect(roots).toEqual([
      node(1, 'Background', expect.objectContaining({ skyColor: [0, 0, 0], luminosity: 1, backUrl: [] })),
      node(2, 'DirectionalLight', {
        ambientIntensity: 0,
        color: [1, 1, 1],
        intensity: 1,
        on: true,
        castShadows: false,
        direction: [0, 0, -1],
      }),
      node(
        3,
        'Shape',
        { castShadows: true, isPickable: true },
        {
          geometry: [
            node(4, 'Cylinder', { radius: 0.5, height: 2, subdivision: 36, bottom: true, side: true, top: true }),
          ],
          appearance: [expect.objectContaining({ id: 5, type: 'PBRAppearance' })],
        },
      ),
    ]);
  });

  it('gives a world without them a view, lights and a sky', () => {
    const { worldInfo, viewpoint, roots, timeStep, framesPerSecond, gravity } = sceneOf('');

    expect(worldInfo.type).toBe('WorldInfo');
    expect(viewpoint.values).toMatchObject({ position: [-10, 0, 5] });
    expect(roots.map(({ type, values }) => [type, values.castShadows])).toEqual([
      ['DirectionalLight', true],
      ['DirectionalLight', false],
      ['DirectionalLight', false],
      ['Background', undefined],
    ]);
    expect({ timeStep, framesPerSecond, gravity }).toEqual({
      timeStep: 32,
      framesPerSecond: 60,
      gravity: [0, 0, -9.81],
    });
  });

  it.each([
    ['WorldInfo { gravity 1.6 }', 'R2025a', 'ENU', [0, 0, -1.6]],
    ['WorldInfo { coordinateSystem "NUE" }', 'R2025a', 'NUE', [0, -9.81, 0]],
    ['WorldInfo { }', 'R2021b', 'NUE', [0, -9.81, 0]],
    ['WorldInfo { gravity 0 0 -3 }', 'R2021a', 'NUE', [0, 0, -3]],
  ])('reads the gravity of %s in %s', (nodes, version, coordinateSystem, gravity) => {
    expect(sceneOf(nodes, version)).toMatchObject({ coordinateSystem, gravity });
  });

  it('makes a copy with ids of its own for each use', () => {
    const { roots } = sceneOf('Background { } PointLight { } DEF A Pose { children [ Group { } ] } USE A');

    expect([...walk(roots)].map(({ id, type }) => `${id} ${type}`)).toEqual([
      '1 Background',
      '2 PointLight',
      '3 Pose',
      '4 Group',
      '5 Pose',
      '6 Group',
    ]);
  });

  it('says once for each kind what it leaves out or does otherwise', () => {
    const { notices } = sceneOf(`
      Moose { } Moose { } Group { children [ Oak<b> { } USE NOBODY ] }
      Robot { name "rob" children [
        HingeJoint { device RotationalMotor { } endPoint Solid { } }
        HingeJoint { device [ PositionSensor { } RotationalMotor { } ] }
        HingeJoint { device PositionSensor { } }
        Hinge2Joint { }
        SliderJoint { device LinearMotor { } }
        BallJoint { jointParameters2 JointParameters { minStop -1 maxStop 1 } }
        BallJoint { jointParameters BallJointParameters { } }
      ] }
      Robot { controller "<none>" name "still" }
    `);

    expect(notices).toEqual([
      'Robot: the embedded engine runs no controllers, so "rob" will not act.',
      'HingeJoint: 2 held rigid by motors, which no controller moves.',
      'Hinge2Joint: 1 held rigid, the embedded engine moves joints about one axis.',
      'SliderJoint: 1 held rigid by motors, which no controller moves.',
      'BallJoint: 1 without the stops that the world gives them.',
      'Not shown: 2 Moose, 1 Oak?b?, each because the embedded engine does not know this type of node.',
      'Not shown: USE NOBODY, no node before it has this DEF name.',
    ]);
  });

  it('sums up what is left out once there are too many kinds', () => {
    const { notices } = sceneOf(Array.from({ length: 60 }, (_, index) => `Proto${index} { }`).join(' '));

    expect(notices).toEqual([
      expect.stringMatching(/^Not shown: 1 Proto0, 1 Proto1, .*, 1 Proto29 and 30 more kinds, each because the/),
    ]);
  });

  it('sums up what is left out once there are too many reasons', () => {
    const { notices } = sceneOf(
      `Group { children [ ${Array.from({ length: 60 }, (_, index) => `USE U${index}`).join(' ')} ] }`,
    );

    expect(notices).toHaveLength(41);
    expect(notices.at(-1)).toBe('20 more reasons not to show nodes.');
  });

  it('refuses uses that would come to too many nodes', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, index) => `DEF A${index + 1} Group { children [ USE A${index} USE A${index} ] }`,
    );

    expect(() => sceneOf(`DEF A0 Group { } ${doubling.join(' ')}`)).toThrow(
      new AppError('worldUnreadable', `Expected at most ${MAXIMUM_SCENE_NODES} nodes in a scene.`),
    );
  });

  it('refuses uses that would come to nodes that are too deep', () => {
    const nesting = Array.from({ length: 2_000 }, (_, index) => `DEF A${index + 1} Group { children USE A${index} }`);
    const last = `Group { children USE A2000 }`;

    expect(() => sceneOf(`DEF A0 Group { } Group { children [ ${nesting.join(' ')} ] } ${last}`)).toThrow(
      'inside each other',
    );
  });

  it('leaves out meshes that would come to too many points', () => {
    const point = '0 '.repeat(30_000);
    const count = Math.ceil(MAXIMUM_SCENE_NUMBERS / 30_000) + 5;
    const { notices } = sceneOf(`DEF A Coordinate { point [ ${point} ] } ${'USE A '.repeat(count - 1)}`);

    expect(notices).toEqual([expect.stringMatching(/^Not shown: [5-9] Coordinate, the world has too many points\.$/)]);
  });

  it('leaves out face sets that would come to too many triangles', () => {
    const polygon = '0 '.repeat(100_002);
    const { notices } = sceneOf(
      `DEF A Shape { geometry IndexedFaceSet { coordIndex [ ${polygon} ] } } ${'USE A '.repeat(MAXIMUM_SCENE_TRIANGLES / 100_000)}`,
    );

    expect(notices).toEqual(['Not shown: 1 IndexedFaceSet, the world has too many triangles.']);
  });

  it('leaves out what would come to too much text', () => {
    const name = 'x'.repeat(MAXIMUM_SCENE_TEXT / 4);
    const { notices } = sceneOf(`DEF A Solid { name "${name}" } ${'USE A '.repeat(5)}`);

    expect(notices).toEqual(['Not shown: 2 Solid, the world has too much text.']);
  });

  it('makes a scene of every text of the grammar', () => {
    fc.assert(
      fc.property(fc.array(grammaticalNodes, { maxLength: 4 }), (nodes) => {
        const scene = makeScene(parseWorld(worldText(nodes.join('\n'))));
        const ids = [...walk([scene.worldInfo, scene.viewpoint, ...scene.roots])].map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(scene.timeStep).toBeGreaterThan(0);
        expect(scene.framesPerSecond).toBeGreaterThan(0);
      }),
    );
  });
});

function node(
  id: number,
  type: string,
  values: SceneNode['values'],
  nodes: Record<string, unknown> = {},
): Record<string, unknown> {
  return { id, type, values, nodes };
}
