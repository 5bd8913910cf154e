import { type ActorNode, readActorTree, renamed } from '../actors/actor-tree.ts';
import { end, recordSequences, type Sequence, startExample } from './sequences.ts';
import { startStage } from './stage.ts';
import { Tape } from './tape.ts';

/** What a running system shows of itself. */
export interface Recording {
  readonly sequences: readonly Sequence[];
  /** All actors while one client simulates. */
  readonly actors: ActorNode;
}

/**
 * Runs the program with a client, a git server and the embedded engine, and records what happens.
 *
 * Needs git, and the compiled program for its engine and its reaper. Takes some seconds.
 *
 * @throws Error where the program does not do what is to be recorded
 */
export async function record(): Promise<Recording> {
  const stage = await startStage();
  try {
    const sequences = await recordSequences(stage);
    stage.tape = new Tape();
    const session = await startExample(stage);
    const actors = renamed(readActorTree(stage.root()), stage.normalized);
    await end(stage, session, () => session.leave());
    return { sequences, actors };
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}
