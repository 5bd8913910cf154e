import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';

/** The physics library: a module of WebAssembly that its package carries inside. */
export type Rapier = typeof import('@dimforge/rapier3d-compat').default;

/**
 * Keeps V8 from compiling WebAssembly a second time to optimise it. For this
 * library that takes 1.5 s of two cores and 100 MB, the end of the process waits
 * for it, and steps do not become faster by it (measured on two cores, Node 20,
 * with 33 and with 500 bodies).
 */
const COMPILE_ONCE = '--liftoff-only';

let loading: Promise<Rapier> | undefined;

/**
 * Loads the physics library once. Three parts of the work, some 50 to 150 ms
 * each, keep the event loop, which is why nothing is loaded before somebody
 * watches; other work has its turn between them.
 */
export function loadRapier(): Promise<Rapier> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Rapier> {
  setFlagsFromString(COMPILE_ONCE);
  const { default: rapier } = await import('@dimforge/rapier3d-compat');
  await nextTurn();
  await rapier.init();
  await nextTurn();
  // The first step compiles most of the module, so it is done where nobody waits for it.
  const world = new rapier.World({ x: 0, y: 0, z: 0 });
  world.step();
  world.free();
  return rapier;
}
