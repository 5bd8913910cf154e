import { once } from 'node:events';
import { execa } from 'execa';
import { fromCallback } from 'xstate';
import type { ProgramOrder, ProgramReport, WebotsLaunch } from '../../machines/webots-process.ts';
import { spawnTurn } from '../spawn-turn.ts';
import type { Engine } from './engine.ts';
import { outputTail } from './output-tail.ts';
import { limitRate } from './rate-limit.ts';
import { signalProcess } from './reap-processes.ts';
import { stdoutReader } from './stdout-reader.ts';

/**
 * Wait after the engine's exit for output that it wrote just before, in ms:
 * our choice. A child that it leaves behind may hold the pipe open for ever.
 */
const OUTPUT_GRACE = 100;

const NEVER_SPAWNED: ProgramReport = { type: 'program.exited', exitCode: null, signal: null, detail: '' };

/** Tells who else must know of a process group as soon as it exists, so that it is ended whatever happens here. */
export type OwnGroup = (launch: WebotsLaunch, group: number) => void;

/**
 * The `program` actor of `webotsProcessMachine`, backed by a real program in
 * a process group of its own.
 *
 * Never throws: a program that cannot be started is reported as
 * `program.exited` before any `program.spawned`.
 */
export function launchWebots(engine: Engine, ownGroup: OwnGroup) {
  return fromCallback<ProgramOrder, WebotsLaunch>(({ input, sendBack, receive }) => {
    const report = (event: ProgramReport) => sendBack(event);
    const { program, arguments: args, environment } = engine.command(input);
    const errors = outputTail();
    const output = outputTail();
    const readStdout = stdoutReader();
    let isReady = false;

    // Given back before its turn: nothing was spawned, and nothing will be.
    let isCancelled = false;
    let signalGroup = (_: NodeJS.Signals): void => {
      isCancelled = true;
    };
    receive(({ signal }) => signalGroup(signal));
    void spawnTurn().then(() => (isCancelled ? report(NEVER_SPAWNED) : start()));
    return () => signalGroup('SIGKILL');

    function start(): void {
      const subprocess = execa(program, args, {
        cwd: input.projectFolder,
        env: environment,
        extendEnv: false,
        stdin: 'ignore',
        buffer: false,
        reject: false,
        detached: true,
        cleanup: false,
        // The machine owns the wait between SIGTERM and SIGKILL.
        forceKillAfterDelay: false,
      });
      const { pid } = subprocess;
      if (pid === undefined) {
        void subprocess.then(({ originalMessage }) => {
          const detail = `The simulation could not be started: ${withoutPaths(originalMessage ?? 'unknown cause')}`;
          report({ type: 'program.exited', exitCode: null, signal: null, detail });
        });
        return;
      }

      ownGroup(input, pid);
      report({ type: 'program.spawned', pid });
      signalGroup = (signal) => void signalProcess(-pid, signal);

      subprocess.stderr.on('data', (chunk: Buffer) => errors.add(chunk));
      subprocess.stdout.on('data', (chunk: Buffer) => {
        // Once it is ready, what it prints are heartbeats and states.
        if (!isReady) output.add(chunk);
        const { beat, state } = readStdout(chunk);
        if (beat) report({ type: isReady ? 'program.beat' : 'program.ready' });
        isReady ||= beat;
        if (state) report({ type: 'program.stateChanged', state });
      });
      for (const stream of [subprocess.stdout, subprocess.stderr]) {
        limitRate(stream);
        // Followed by the exit of the program, which tells the end.
        stream.on('error', () => {});
      }
      subprocess.once('exit', (exitCode: number | null, signal: NodeJS.Signals | null) => {
        void afterOutput(subprocess).then(() => {
          subprocess.stdout.destroy();
          subprocess.stderr.destroy();
          const quotation = errors.quotation() || (isReady ? '' : output.quotation());
          report({ type: 'program.exited', exitCode, signal, detail: exitDetail(exitCode, signal, quotation) });
        });
      });
    }
  });
}

async function afterOutput(subprocess: NodeJS.EventEmitter): Promise<void> {
  await once(subprocess, 'close', { signal: AbortSignal.timeout(OUTPUT_GRACE) }).catch(() => {
    // What was not read within the grace belongs to a process that outlives the engine.
  });
}

function exitDetail(exitCode: number | null, signal: string | null, quotation: string): string {
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  return quotation === '' ? `The simulation ${how}.` : `The simulation ${how}: ${withoutPaths(quotation)}`;
}

/** Leaves of every absolute path its last part: clients are strangers. */
function withoutPaths(text: string): string {
  return text.replace(/(?<![\w:/])\/(?:[\w.@%+ -]*[\w.@%+-]\/)+/g, '');
}
