import { makeScene } from '../src/engine/scene/scene.ts';
import { Simulation } from '../src/engine/simulation/simulation.ts';
import { parseWorld } from '../src/engine/world/parser.ts';
import { type Figure, median } from './report.ts';

const HEADER = '#VRML_SIM R2025a utf8\n';

/** Times that the text is read; the first ones have the program still to be compiled. */
const READINGS = 5;

/** Bodies that fall onto a floor. */
const BODIES = 500;

/** Steps that are measured: 10 s of simulated time, in which all of them land. */
const STEPS = 312;

/** What the embedded engine takes for worlds, in this process. */
export async function worlds(): Promise<Figure[]> {
  return [readingFigure(), await motionFigure()];
}

function readingFigure(): Figure {
  const solid = `Solid { translation 0.123456 0.5 1 hidden linearVelocity 1 2 3 name "solid" description "of no use here"
    children [ Shape { appearance PBRAppearance { baseColor 1 0 0 roughness 1 metalness 0 } geometry Box { size 1 1 1 } } ] }\n`;
  const text = HEADER + solid.repeat(Math.ceil(10_000_000 / solid.length));
  const times = Array.from({ length: READINGS }, () => {
    const start = performance.now();
    parseWorld(text);
    return performance.now() - start;
  });
  return {
    name: '10 MB of world text read',
    value: median(times),
    limit: 1_000,
    unit: 'ms',
    detail: `median of ${READINGS}: ${times.map((time) => time.toFixed(0)).join(', ')} ms`,
  };
}

async function motionFigure(): Promise<Figure> {
  const places = Array.from({ length: BODIES }, (_, index) => [
    index % 10,
    Math.floor(index / 10) % 10,
    Math.floor(index / 100),
  ]);
  const solids = places.map(
    ([x = 0, y = 0, z = 0], index) => `Solid { translation ${x * 0.3} ${y * 0.3} ${0.3 + z * 0.4}
      boundingObject ${index % 2 === 0 ? 'Box { size 0.2 0.2 0.2 }' : 'Sphere { radius 0.1 }'} physics Physics { } }`,
  );
  const simulation = new Simulation(
    makeScene(parseWorld(`${HEADER}Solid { boundingObject Plane { } }\n${solids.join('\n')}`)),
  );
  await simulation.prepare();
  const times = Array.from({ length: STEPS }, () => {
    const start = performance.now();
    simulation.step();
    return performance.now() - start;
  });
  const { timeStep } = simulation.scene;
  return {
    name: `${BODIES} moving bodies, real time of a step of ${timeStep} ms`,
    value: times.reduce((sum, time) => sum + time, 0) / STEPS,
    limit: timeStep,
    unit: 'ms',
    detail: `mean of ${STEPS} steps on one core; median ${median(times).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms`,
  };
}
