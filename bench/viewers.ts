import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endEngines, startEngine } from '../test/src/engine/fixtures/engine-process.ts';
import { StreamClient } from '../test/src/engine/fixtures/stream-client.ts';
import type { Figure } from './report.ts';

/** Bodies that bounce and never rest, so that each frame tells of all of them. */
const BODIES = 100;

/** Viewers at the same time. */
const MANY = 50;

/** Simulated time that is shown, in ms. */
const DURATION = 5_000;

/** Parts of a second in which Linux counts the time of processors (`getconf CLK_TCK`). */
const TICKS = 100;

/** What many viewers of one world cost its engine, against one viewer: a frame is written once for all of them. */
export async function viewers(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-viewers-'));
  try {
    const world = join(folder, 'world.wbt');
    await writeFile(world, bouncing());
    const [one, many] = [await show(world, 1), await show(world, MANY)];
    return [
      {
        name: `${MANY} viewers of one world, time of the processor against one viewer`,
        value: many.time / one.time,
        // Our choice: writing each frame anew for each viewer comes to more than 20.
        limit: 5,
        unit: '×',
        detail: `${BODIES} bodies, ${DURATION / 1000} s in real time: ${one.time.toFixed(2)} s for ${one.frames} frames, ${many.time.toFixed(2)} s for ${many.frames} to each of ${MANY}`,
      },
    ];
  } finally {
    await endEngines();
    await rm(folder, { recursive: true });
  }
}

/** @returns seconds that the engine took of a processor, and frames that a viewer got */
async function show(world: string, count: number): Promise<{ time: number; frames: number }> {
  const engine = await startEngine(world);
  const all = await Promise.all(Array.from({ length: count }, () => StreamClient.connect(engine.url)));
  for (const viewer of all) {
    viewer.say('w3d');
    await viewer.hear('pause: 0');
  }
  const before = await timeOf(engine.child.pid);
  all[0]!.say(`real-time:${DURATION}`);
  await Promise.all(all.map((viewer) => viewer.hear(`pause: ${DURATION}`)));
  const time = (await timeOf(engine.child.pid)) - before;
  const frames = all[0]!.messages.filter((message) => message.startsWith('application/json:')).length;
  engine.child.kill('SIGTERM');
  await engine.exited;
  return { time, frames };
}

/** Seconds that a process took of processors so far. */
async function timeOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = status
    .slice(status.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / TICKS;
}

function bouncing(): string {
  const balls = Array.from(
    { length: BODIES },
    (_, index) => `Solid { translation ${index % 10} ${Math.floor(index / 10)} ${1 + (index % 7) / 10}
      boundingObject Sphere { radius 0.1 } physics Physics { } }`,
  );
  return `#VRML_SIM R2025a utf8
    WorldInfo { basicTimeStep 20 contactProperties ContactProperties { bounce 1 } }
    Solid { boundingObject Plane { } }
    ${balls.join('\n')}`;
}
