import fc from 'fast-check';
import { randomProject } from '../src/engine/fixtures/random-project.ts';
import { tryProject } from './trial.ts';
import { worldNodes } from './world-grammar.ts';

/** Projects of one seed. */
export const RUNS_OF_A_SEED = 50;

/** A project with PROTOs, or with one world that is mostly right. */
const project = fc.oneof(
  randomProject,
  worldNodes.map((nodes): Record<string, string> => ({ 'worlds/world.wbt': `#VRML_SIM R2025a utf8\n${nodes}\n` })),
);

export interface SeedResult {
  readonly shown: number;
  readonly refused: number;
  /** The smallest project that fails, and how; `undefined` where none does. */
  readonly failure: string | undefined;
}

/** Tries the projects that a seed draws. The same seed draws the same ones. */
export async function trySeed(seed: number, runs = RUNS_OF_A_SEED): Promise<SeedResult> {
  const counts = { shown: 0, refused: 0 };
  const property = fc.asyncProperty(project, async (files) => {
    counts[await tryProject(files)]++;
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns: runs });
  const failure = failed ? `${errorInstance}\n${JSON.stringify(counterexample?.[0], null, 2)}` : undefined;
  return { ...counts, failure };
}
