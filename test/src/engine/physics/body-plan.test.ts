import { describe, expect, it } from 'vitest';
import { planBodies } from '../../../../src/engine/physics/body-plan.ts';
import { sceneOf } from '../fixtures/world-text.ts';

const UNTURNED = { rotation: [0, 0, 0, 1], centre: undefined, inertia: undefined };
const BALL = 'boundingObject Sphere { radius 0.5 } physics Physics { }';

describe('planBodies', () => {
  it('moves solids with physics and keeps those without where they are', () => {
    const plan = planOf(`
      Solid { boundingObject Plane { } }
      Solid { translation 1 2 3 ${BALL} linearVelocity 1 0 0 }
      Solid { translation 4 5 6 }
    `);

    expect(plan.fixed.map(({ colliders }) => colliders)).toEqual([[collider({ kind: 'plane' })]]);
    expect(plan.moving).toHaveLength(1);
    expect(plan.moving[0]).toMatchObject({
      frame: { translation: [1, 2, 3] },
      colliders: [collider({ kind: 'sphere', radius: 0.5 })],
      parts: [{ mass: { kind: 'density', value: 1000 }, place: [0, 0, 0] }],
      linearVelocity: [1, 0, 0],
      linearDamping: 0,
    });
  });

  it('finds solids in groups and places, seen from where they are written', () => {
    const { moving } = planOf(
      `Group { children [ Pose { translation 0 0 5 children [ Solid { translation 1 0 0 ${BALL} } ] } ] }`,
    );

    expect(moving[0]).toMatchObject({ outer: { translation: [0, 0, 5] }, frame: { translation: [1, 0, 5] } });
  });

  it('takes the solids in a moving one, also at joints that motors hold, as parts of it', () => {
    const { moving, fixed } = planOf(`Robot { ${BALL} translation 9 9 9 children [
      Solid { translation 1 0 0 boundingObject Box { size 1 1 1 } }
      HingeJoint { device RotationalMotor { } endPoint Solid { translation 0 2 0 ${BALL} } }
    ] }`);

    expect(fixed).toEqual([]);
    expect(moving).toHaveLength(1);
    expect(moving[0]?.colliders.map(({ shape, translation }) => [shape.kind, translation])).toEqual([
      ['sphere', [0, 0, 0]],
      ['box', [1, 0, 0]],
      ['sphere', [0, 2, 0]],
    ]);
  });

  it('takes a solid with physics at a joint without a motor as a body of its own, seen from the one that has the joint', () => {
    const { moving, joints } = planOf(`Robot { ${BALL} translation 1 0 0 rotation 0 0 1 1.5707963 children [ Pose {
      translation 0 0 1 children [ HingeJoint {
        jointParameters HingeJointParameters { axis 0 2 0 anchor 0 0 3 minStop -1 maxStop 0.5 springConstant 4 position 0.25 }
        device PositionSensor { }
        endPoint Solid { translation 2 0 0 ${BALL} }
      } ] } ] }`);

    expect(moving.map(({ parent, isTied }) => [parent, isTied])).toEqual([
      [undefined, false],
      [0, false],
    ]);
    expect(moving[1]?.outer.translation).toEqual([0, 0, 1]);
    expect(moving[1]?.frame.translation.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([1, 2, 1]);
    expect(joints).toEqual([
      {
        kind: 'hinge',
        parent: 0,
        child: 1,
        anchor: [1, 0, 4],
        axis: [expect.closeTo(-1), expect.closeTo(0), 0],
        position: 0.25,
        stops: [-1, 0.5],
        springConstant: 4,
        dampingConstant: 0,
      },
    ]);
  });

  it('ties a body to what never moves where the solid that has the joint has no physics', () => {
    const { moving, joints } = planOf(
      `Solid { boundingObject Box { } children [ SliderJoint { endPoint Solid { ${BALL} } } ] }`,
    );

    expect(moving).toMatchObject([{ parent: undefined, isTied: true }]);
    expect(joints).toMatchObject([{ kind: 'slider', parent: undefined, child: 0, axis: [0, 0, 1], stops: undefined }]);
  });

  it('keeps the end point of a joint without physics as a part of what has the joint', () => {
    expect(
      planOf(`Solid { ${BALL} children [ HingeJoint { endPoint Solid { boundingObject Box { } } } ] }`),
    ).toMatchObject({
      moving: [{ colliders: [{ part: 0 }, { part: undefined }] }],
      joints: [],
    });
  });

  it('closes loops to the solid that is named, in the same tree of solids, or to what never moves', () => {
    const hinge = (name: string, device = '') =>
      `HingeJoint { ${device} endPoint SolidReference { solidName "${name}" } }`;
    const { joints } = planOf(`Solid { name "elsewhere" ${BALL} } Robot { controller "void" ${BALL} children [
      HingeJoint { endPoint Solid { name "rod" ${BALL} children [
        ${hinge('end')} ${hinge('<static environment>')} ${hinge('elsewhere')} ${hinge('rod')}
      ] } }
      BallJoint { endPoint Solid { name "end" ${BALL} children [ ${hinge('robot', 'device RotationalMotor { }')} ] } }
    ] }`);

    expect(joints.map(({ kind, parent, child }) => [kind, parent, child])).toEqual([
      ['hinge', 1, 2],
      ['ball', 1, 3],
      ['hinge', 2, 3],
      ['hinge', undefined, 2],
      ['fixed', 3, 1],
    ]);
  });

  it('keeps solids with physics in a solid that does not move, as Webots does', () => {
    const { moving, fixed } = planOf(`Solid { children [ Solid { ${BALL} } ] }`);

    expect(moving).toEqual([]);
    expect(fixed[0]?.colliders).toEqual([collider({ kind: 'sphere', radius: 0.5 })]);
  });

  it('reads bounding objects of groups, places, shapes and uses', () => {
    const { fixed } = planOf(`Solid {
      children [ DEF SHAPE Shape { geometry Cylinder { radius 1 height 4 } } ]
      boundingObject Group { children [
        USE SHAPE
        Pose { translation 0 0 1 children [ Capsule { radius 0.1 height 2 } ] }
        Transform { scale 2 3 4 children [ Box { size 1 1 1 } ] }
      ] } }`);

    expect(fixed[0]?.colliders).toEqual([
      collider({ kind: 'cylinder', halfHeight: 2, radius: 1 }),
      { ...collider({ kind: 'capsule', halfHeight: 1, radius: 0.1 }), translation: [0, 0, 1] },
      collider({ kind: 'box', halfSize: [1, 1.5, 2] }),
    ]);
  });

  it('takes a given density before a mass, and a mass before the density of water', () => {
    const masses = ['density 500 mass 3', 'density -1 mass 3', 'density -1 mass -1'].map(
      (fields) => planOf(`Solid { boundingObject Box { } physics Physics { ${fields} } }`).moving[0]?.parts[0]?.mass,
    );

    expect(masses).toEqual([
      { kind: 'density', value: 500 },
      { kind: 'total', value: 3 },
      { kind: 'density', value: 1000 },
    ]);
    expect(planOf('Solid { physics Physics { } }').moving[0]?.parts[0]?.mass).toEqual({ kind: 'total', value: 1 });
  });

  it('gives each solid of a body its own mass, and none to those without physics', () => {
    const [body] = planOf(`Solid { boundingObject Box { } physics Physics { } children [
      Solid { translation 0 0 1 physics Physics { density -1 mass 5 } }
      SliderJoint { device LinearMotor { } endPoint Solid { translation 0 2 0 boundingObject Sphere { } physics Physics { density 10 } } }
      Solid { boundingObject Sphere { } }
    ] }`).moving;

    expect(body?.parts).toEqual([
      { ...UNTURNED, mass: { kind: 'density', value: 1000 }, place: [0, 0, 0] },
      { ...UNTURNED, mass: { kind: 'total', value: 5 }, place: [0, 0, 1] },
      { ...UNTURNED, mass: { kind: 'density', value: 10 }, place: [0, 2, 0] },
    ]);
    expect(body?.colliders.map(({ part }) => part)).toEqual([0, 2, undefined]);
  });

  it('takes the damping of the solid before that of the world', () => {
    const { moving } = planOf(`
      WorldInfo { defaultDamping Damping { linear 0.1 angular 0.3 } }
      Solid { physics Physics { } }
      Solid { physics Physics { damping Damping { linear 0.5 } } }
    `);

    expect(moving.map(({ linearDamping, angularDamping }) => [linearDamping, angularDamping])).toEqual([
      [0.1, 0.3],
      [0.5, 0.2],
    ]);
  });

  it('drops a plane from what moves, since it would be infinite', () => {
    expect(planOf('Solid { boundingObject Plane { } physics Physics { } }').moving[0]?.colliders).toEqual([]);
  });
});

function planOf(nodes: string) {
  return planBodies(sceneOf(nodes));
}

function collider(shape: object) {
  return { shape, translation: [0, 0, 0], rotation: [0, 0, 0, 1], material: 'default' };
}
