import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { SpawnProgram } from '../reaper/program.ts';
import { statePath } from '../simulation/transitions.ts';
import type { Tape } from './tape.ts';

/** What inspection tells of a simulation server. */
export interface ServerTaps {
  inspect(event: InspectionEvent): void;
  /** The state of the session that began last. */
  readonly state: () => string | undefined;
  /** The root of the system. */
  readonly root: () => AnyActorRef;
}

/**
 * @param tape the tape that runs now
 * @param onSent hears of each message that a session orders its socket to send
 */
export function tapServer(tape: () => Tape, onSent: (text: string) => void): ServerTaps {
  let root: AnyActorRef | undefined;
  let state: string | undefined;

  /** Before a transition's messages stands the state to which it leads: places are kept from the event on. */
  const places = new WeakMap<object, ReturnType<Tape['reserve']>>();

  function follow({ value, output }: AnyMachineSnapshot, event: object): void {
    const path = statePath(value);
    if (path === state) return;
    state = path;
    const isGone = path === 'gone';
    if (isGone) tape().settle('simulation');
    const place = isGone ? tape().reserve('simulation') : places.get(event);
    place?.({
      text: isGone ? `gone (${output?.reason})` : path,
      ...(path === 'connected.waiting' && { begins: 'simulation' }),
      ...(isGone && { ends: 'simulation' }),
    });
  }

  return {
    inspect(event) {
      root ??= event.actorRef as AnyActorRef;
      if (event.type === '@xstate.snapshot' && machineOf(event.snapshot) === 'clientSession') {
        follow(event.snapshot as AnyMachineSnapshot, event.event);
      }
      if (event.type !== '@xstate.event') return;
      const actor = event.actorRef as AnyActorRef;
      if (machineOf(actor.getSnapshot()) === 'clientSession') places.set(event.event, tape().reserve('simulation'));
      const { type, text } = event.event as { readonly type: string; readonly text?: string };
      if (actor.id === 'socket' && type === 'send') onSent(text ?? '');
    },
    state: () => state,
    root: () => root!,
  };
}

function machineOf(snapshot: object): string | undefined {
  return (snapshot as Partial<AnyMachineSnapshot>).machine?.id;
}

/** An engine's program as the simulation server has to do with it. */
export interface EngineTap {
  wrap(spawn: SpawnProgram): SpawnProgram;
  /** The process of the engine that was spawned last. */
  readonly pid: () => number | undefined;
}

/** @param tape the tape that runs now */
export function tapEngine(tape: () => Tape): EngineTap {
  let spawned: number | undefined;
  return {
    pid: () => spawned,
    wrap: (spawn) => (session, command, listener) => {
      const options = command.arguments.filter((argument) => /^--(?!liftoff-only|host)/.test(argument));
      const world = command.arguments.at(-1)?.replace(`${command.folder}/`, '');
      const text = `starts it: ${options.join(' ')} ${world}`;
      tape().tell({ from: 'simulation', to: 'engine', text, begins: 'engine' });
      let hasEnded = false;
      let hasBeaten = false;
      let rest = '';

      const program = spawn(session, command, {
        ...listener,
        onSpawned(pid) {
          spawned = pid;
          listener.onSpawned?.(pid);
        },
        onOutput(stream, chunk) {
          if (stream === 'stdout') read(String(chunk));
          return listener.onOutput(stream, chunk);
        },
        onEnded(end) {
          hasEnded = true;
          const how = end.kind === 'failed' ? end.message : (end.signal ?? `status ${end.exitCode}`);
          tape().tell({ from: 'engine', to: 'simulation', text: `exit, ${how}`, kind: 'answer', ends: 'engine' });
          listener.onEnded(end);
        },
      });

      function read(output: string): void {
        const lines = (rest + output).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          // Heartbeats are no part of a sequence, but for the first one, which says that it is ready.
          if (line === '.' && hasBeaten) continue;
          hasBeaten ||= line === '.';
          tape().tell({ from: 'engine', to: 'simulation', text: printed(line), kind: 'answer' });
        }
      }

      return {
        signal(signal) {
          if (!hasEnded) tape().tell({ from: 'simulation', to: 'engine', text: signal });
          program.signal(signal);
        },
      };
    },
  };
}

/** A line of standard output as a diagram shows it. */
export function printed(line: string): string {
  return `stdout: ${line}`;
}
