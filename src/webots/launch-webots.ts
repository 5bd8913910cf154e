import { fromCallback } from 'xstate';
import type { ProgramOrder, ProgramOutput, ProgramReport, WebotsLaunch } from '../../machines/webots-process-types.ts';
import { shortageOf } from '../errors.ts';
import type { ProgramEnd, SpawnProgram } from '../reaper/program.ts';
import type { Engine } from './engine.ts';
import { outputTail } from './output-tail.ts';
import { stdoutReader } from './stdout-reader.ts';
import { withoutPaths } from './without-paths.ts';

/** Status of a program that never ran. */
const NO_STATUS = { exitCode: null, signal: null };

/**
 * The `program` actor of `webotsProcessMachine`, backed by a real program in
 * a process group of its own.
 *
 * Never throws: a program that cannot be started is reported as
 * `program.exited` before any `program.spawned`.
 *
 * @param onLaunched is given what tells the last of the program's output at any time
 */
export function launchWebots(
  engine: Engine,
  spawn: SpawnProgram,
  onLaunched: (sessionId: string, output: () => ProgramOutput) => void = () => {},
) {
  return fromCallback<ProgramOrder, WebotsLaunch>(({ input, sendBack, receive }) => {
    const report = (event: ProgramReport) => sendBack(event);
    const errors = outputTail();
    const output = outputTail();
    const readStdout = stdoutReader();
    const tails = () => ({ stdout: output.text(), stderr: errors.text() });
    let isReady = false;
    onLaunched(input.sessionId, tails);

    const program = spawn(input.sessionId, engine.command(input), {
      onSpawned: (pid) => report({ type: 'program.spawned', pid }),
      onOutput(stream, chunk) {
        if (stream === 'stderr') return errors.add(chunk);
        output.add(chunk);
        const { beat, state } = readStdout(chunk);
        if (beat) report({ type: isReady ? 'program.beat' : 'program.ready' });
        isReady ||= beat;
        if (state) report({ type: 'program.stateChanged', state });
      },
      onEnded(end) {
        // Once it is ready, what it prints are heartbeats and states.
        const quotation = errors.quotation() || (isReady ? '' : output.quotation());
        const { exitCode, signal } = end.kind === 'exited' ? end : NO_STATUS;
        report({ type: 'program.exited', exitCode, signal, detail: detailOf(end, quotation), output: tails() });
      },
    });
    receive(({ signal }) => program.signal(signal));
    return () => program.signal('SIGKILL');
  });
}

function detailOf(end: ProgramEnd, quotation: string): string {
  if (end.kind === 'failed')
    return shortageOf(end)?.message ?? `The simulation could not be started: ${withoutPaths(end.message)}`;
  const { exitCode, signal } = end;
  if (exitCode === null && signal === null) return 'The simulation was lost, and has been ended.';
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  return quotation === '' ? `The simulation ${how}.` : `The simulation ${how}: ${quotation}`;
}
