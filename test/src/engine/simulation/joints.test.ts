import { describe, expect, it } from 'vitest';
import { type Frame, nest, WORLD_FRAME } from '../../../../src/engine/math/frame.ts';
import { quaternionOf } from '../../../../src/engine/math/rotation.ts';
import { subtract, type Vector } from '../../../../src/engine/math/vector.ts';
import type { Pose } from '../../../../src/engine/physics/motion.ts';
import { walk } from '../../../../src/engine/scene/scene-node.ts';
import { Simulation } from '../../../../src/engine/simulation/simulation.ts';
import { sceneOf } from '../fixtures/world-text.ts';

const STEP = 'WorldInfo { basicTimeStep 8 }';
const GRAVITY = 9.81;

/** A heavy point of 1 kg: what it turns by about itself counts for nothing. */
const BOB = 'physics Physics { density -1 mass 1 centerOfMass [ 0 0 0 ] inertiaMatrix [ 1e-4 1e-4 1e-4 0 0 0 ] }';

describe('a joint without a motor', () => {
  it('swings at the pace of a pendulum', async () => {
    // Half a period of small swings is π · √(length / gravity).
    const [start, end] = await poses(pendulum(0.1), Math.PI * Math.sqrt(1 / GRAVITY));

    expect(start[0]?.translation[0]).toBeCloseTo(Math.sin(0.1), 3);
    expect(end[0]?.translation[0]).toBeCloseTo(-Math.sin(0.1), 2);
    expect(Math.hypot(...end[0]!.translation)).toBeCloseTo(1, 2);
  });

  it.each([
    [0, 0],
    [0.5, 0],
    [0.1, 5],
    [1, 30],
  ])(
    'with a damping of %s N·m·s/rad and a spring of %s N·m/rad moves a rod as its equation says',
    async (damping, spring) => {
      const simulation = await prepared(rod(`dampingConstant ${damping} springConstant ${spring}`));
      // I·α = −m·g·d·sin(θ) − B·ω − K·(θ − θ₀), in small steps.
      const inertia = (1 + 0.05 ** 2) / 12 + 1 / 4;
      let [angle, speed] = [0.5, 0];
      for (let step = 0; step < 300; step++) {
        simulation.step();
        for (let part = 0; part < 80; part++) {
          speed += ((-GRAVITY * 0.5 * Math.sin(angle) - damping * speed - spring * (angle - 0.5)) / inertia) * 1e-4;
          angle += speed * 1e-4;
        }
        expect(Math.abs(angleOf(simulation.poses[0]!) - angle)).toBeLessThan(0.03);
      }
      simulation.close();
    },
  );

  it('stops where its stops are, counted from where its position says that it is', async () => {
    // From 0.5 rad it falls towards 0; turned the other way, that is from −0.2 up to its stop.
    const [, end] = await poses(rod('dampingConstant 1 position -0.2 minStop -3 maxStop 0.1'), 6);

    expect(angleOf(end[0]!)).toBeCloseTo(0.2, 1);
  });

  it('rests on its spring, further from where it is at rest by what it weighs', async () => {
    const world = `${STEP} Solid { children [ SliderJoint {
      jointParameters JointParameters { springConstant 100 dampingConstant 10 position 0.5 }
      endPoint Solid { translation 0 0 0.5 ${BOB} } } ] }`;
    const [, end] = await poses(world, 10);

    expect(end[0]?.translation[2]).toBeCloseTo(-GRAVITY / 100, 2);
  });

  it('of a ball turns about its anchor, and nothing else', async () => {
    const world = `${STEP} Solid { children [ BallJoint {
      jointParameters BallJointParameters { anchor 0 0 2 } endPoint Solid { translation 1 1 2 ${BOB} } } ] }`;
    const [, end] = await poses(world, 0.5);
    const [x, y, z] = end[0]!.translation;

    expect(Math.hypot(x, y, z - 2)).toBeCloseTo(Math.SQRT2, 2);
    expect(z).toBeLessThan(1.9);
  });

  it('of a ball comes to rest by its damper', async () => {
    const world = (parameters: string) => `${STEP} Solid { children [ BallJoint {
      jointParameters BallJointParameters { ${parameters} } endPoint Solid { translation 0.3 0 -0.3
        boundingObject Sphere { radius 0.3 } physics Physics { density -1 mass 1 } } } ] }`;
    const [[, free], [, later]] = [await poses(world(''), 10), await poses(world(''), 10.2)];
    const [, damped] = await poses(world('dampingConstant 1'), 10);

    expect(damped[0]!.translation[0]).toBeCloseTo(0, 2);
    expect(distance(free, later)).toBeGreaterThan(0.1);
  });

  it('is told as the fields of its solid say it, also of what falls', async () => {
    const world = `${STEP} Solid { translation 0 0 100 rotation 1 0 0 2 ${BOB} children [ HingeJoint {
      jointParameters HingeJointParameters { anchor 0 1 0 } endPoint Solid { translation 0 1 0 rotation 0 0 1 1 ${BOB} } } ] }`;
    const [start, end] = await poses(world, 2);

    expect(end[0]!.translation[2]).toBeLessThan(85);
    for (const axis of [0, 1, 2] as const) {
      expect(end[1]!.translation[axis]).toBeCloseTo(start[1]!.translation[axis], 3);
      expect(end[1]!.rotation[axis]).toBeCloseTo(start[1]!.rotation[axis], 3);
    }
  });

  it('closes a loop that holds together', async () => {
    const rod = (place: string, children: string) =>
      `HingeJoint { jointParameters HingeJointParameters { axis 0 1 0 anchor ${place} }
        endPoint Solid { name "rod at ${place}" translation ${place} ${BOB} children [ ${children} ] } }`;
    const hinge = 'jointParameters HingeJointParameters { axis 0 1 0 anchor 0 0 -1 }';
    const world = `${STEP} Solid { translation 0 0 5 children [
      ${rod('1 0 0', '')}
      ${rod(
        '0 0 0',
        `HingeJoint { ${hinge} endPoint Solid { name "bar" translation 0.2 0 -1 ${BOB} children [
        HingeJoint { jointParameters HingeJointParameters { axis 0 1 0 anchor 0.8 0 0 }
          endPoint SolidReference { solidName "rod at 1 0 0" } } ] } }`,
      )} ] }`;
    const simulation = await prepared(world);
    for (let time = 0; time < 5; time += 0.008) simulation.step();
    const [left, right, bar] = ['rod at 0 0 0', 'rod at 1 0 0', 'bar'].map((name) => frameOf(simulation, name));
    simulation.close();

    const end = nest(nest(left!, bar!), frameAt([0.8, 0, 0])).translation;
    const held = nest(right!, frameAt([0, 0, -1])).translation;
    expect(Math.hypot(...subtract(end, held))).toBeLessThan(0.02);
  });

  it('holds still under a motor, in one body', async () => {
    const [start, end] = await poses(pendulum(1, 'device RotationalMotor { }'), 1);

    expect(end).toEqual(start);
  });

  it('swings the same way again after a reset', async () => {
    const simulation = await prepared(rod('springConstant 3 dampingConstant 0.1'));
    const run = () =>
      Array.from({ length: 100 }, () => {
        simulation.step();
        return simulation.poses;
      });
    const start = simulation.poses;
    const first = run();

    simulation.reset();
    expect(simulation.poses).toEqual(start);
    expect(run()).toEqual(first);
    simulation.close();
  });
});

describe('the bodies of a robot', () => {
  const pair = (fields: string) => `WorldInfo { gravity 0 } Robot { controller "void" ${fields}
    boundingObject Sphere { radius 1 } physics Physics { } children [ BallJoint {
      endPoint Solid { boundingObject Box { size 0.1 0.1 0.1 } physics Physics { } children [ BallJoint {
        jointParameters BallJointParameters { anchor 0 0 -0.5 }
        endPoint Solid { translation 0 0 0.5 boundingObject Sphere { radius 0.6 } physics Physics { } } } ] } } ] }`;

  it('do not collide unless it says so', async () => {
    const [start, quiet] = await poses(pair(''), 1);
    const [, loud] = await poses(pair('selfCollision TRUE'), 1);

    expect(distance(start, quiet)).toBeLessThan(1e-3);
    expect(distance(start, loud)).toBeGreaterThan(0.05);
  });

  it('that are tied to what never moves do not collide with it, and others do', async () => {
    const ball = 'boundingObject Sphere { radius 0.5 } physics Physics { }';
    const slider = `SliderJoint { jointParameters JointParameters { axis 0 0 1 } endPoint Solid { translation 0 0 2 ${ball} } }`;
    const [, end] = await poses(
      `Solid { boundingObject Plane { } } Solid { children [ ${slider} ] } Solid { translation 5 0 2 ${ball} }`,
      3,
    );

    expect(end[0]!.translation[2]).toBeLessThan(-1);
    expect(end[1]!.translation[2]).toBeCloseTo(0.5, 1);
  });
});

describe('a mass that the world gives a place', () => {
  it('lets a body stand up again that is heavy at its foot', async () => {
    const egg = (physics: string) => `Solid { boundingObject Plane { } }
      Solid { translation 0 0 0.5 rotation 1 0 0 1 boundingObject Sphere { radius 0.5 } physics Physics { ${physics}
        damping Damping { angular 0.8 } } }`;
    const [, lying] = await poses(egg('density -1 mass 2'), 10);
    const [, standing] = await poses(egg('density -1 mass 2 centerOfMass [ 0 0 -0.4 ]'), 20);

    expect(lying[0]!.rotation[3]).toBeGreaterThan(0.9);
    expect(standing[0]!.rotation[3]).toBeLessThan(0.05);
  });

  it('turns by the inertia that it is given', async () => {
    // A rod of 1 kg and 2 m that falls about its end, against a point of the same mass in its middle.
    const falling = (inertia: string) => `${STEP} Solid { children [ HingeJoint {
      jointParameters HingeJointParameters { axis 0 1 0 } endPoint Solid {
        physics Physics { density -1 mass 1 centerOfMass [ 1 0 0 ] ${inertia} } } } ] }`;
    const [, rod] = await poses(falling('inertiaMatrix [ 0.001 0.333 0.333 0 0 0 ]'), 0.2);
    const [, dot] = await poses(falling('inertiaMatrix [ 0.001 0.001 0.001 0 0 0 ]'), 0.2);

    // ½ · (m·g·d / I) · t², with I of 4/3 and of 1.
    expect(rod[0]!.rotation[3]).toBeCloseTo(((GRAVITY * 3) / 4 / 2) * 0.2 ** 2, 1);
    expect(rod[0]!.rotation[3] / dot[0]!.rotation[3]).toBeCloseTo(3 / 4, 1);
  });
});

/** A rod of 1 kg and 1 m that hangs by its end from an axis along y, 0.5 rad from hanging down. */
function rod(parameters: string): string {
  return `${STEP} Solid { children [ HingeJoint {
    jointParameters HingeJointParameters { axis 0 1 0 ${parameters} }
    endPoint Solid { rotation 0 -1 0 0.5 translation ${Math.sin(0.5) / 2} 0 ${-Math.cos(0.5) / 2}
      boundingObject Box { size 0.05 0.05 1 } physics Physics { density -1 mass 1 } } } ] }`;
}

/** How far from hanging down. */
function angleOf({ translation: [x, , z] }: Pose): number {
  return Math.atan2(x, -z);
}

/** A bob at 1 m from an axis along y, `angle` from hanging down. */
function pendulum(angle: number, device = ''): string {
  return `${STEP} Solid { children [ HingeJoint { ${device}
    jointParameters HingeJointParameters { axis 0 1 0 }
    endPoint Solid { translation ${Math.sin(angle)} 0 ${-Math.cos(angle)} ${BOB} } } ] }`;
}

/** Where the moving bodies are at the start and after a time in s. */
async function poses(nodes: string, time: number): Promise<[readonly Pose[], readonly Pose[]]> {
  const simulation = await prepared(nodes);
  const start = simulation.poses;
  const { timeStep } = simulation.scene;
  for (let step = 0; step < Math.round((time * 1000) / timeStep); step++) simulation.step();
  const end = simulation.poses;
  simulation.close();
  return [start, end];
}

async function prepared(nodes: string): Promise<Simulation> {
  const simulation = new Simulation(sceneOf(nodes));
  await simulation.prepare();
  return simulation;
}

function frameOf(simulation: Simulation, name: string): Frame {
  const solid = [...walk(simulation.scene.roots)].find(({ values }) => values.name === name);
  const { translation, rotation } = simulation.poses[simulation.bodyNumbers.get(solid?.id ?? 0) ?? -1]!;
  return { ...frameAt(translation), rotation: quaternionOf(rotation) };
}

function frameAt(translation: Vector): Frame {
  return { ...WORLD_FRAME, translation };
}

function distance(first: readonly Pose[], second: readonly Pose[]): number {
  return Math.max(
    ...first.map(({ translation }, index) =>
      Math.hypot(...translation.map((value, axis) => value - second[index]!.translation[axis]!)),
    ),
  );
}
