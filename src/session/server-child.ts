import { fromCallback } from 'xstate';
import {
  type ServerFact,
  type SimulationServerInput,
  simulationServerMachine,
} from '../../machines/simulation-server.ts';
import { type ChildSpec, child } from '../../machines/supervisor.ts';
import type { LoadProbe } from './probe-load.ts';

/** Name of the actor that watches a simulation server, in the system and below its supervisor. */
export const serverId = (entry: string) => `simulationServer ${entry}`;

export interface ServerChildOptions {
  readonly probe: LoadProbe;
  /** The figures that are in force. */
  figures(): Required<Pick<SimulationServerInput, 'loadThreshold' | 'grantLoad' | 'timings'>>;
  onFact(entry: string, fact: ServerFact): void;
  /** Nobody asks this server for its load now; not called where its actor ends by a bug. */
  onEnd(entry: string): void;
}

/** Makes actors that watch a simulation server, for a supervisor; a leased one has joined by itself. */
export function serverChildren(options: ServerChildOptions): (entry: string, isLeased: boolean) => ChildSpec {
  const { probe, figures, onFact, onEnd } = options;
  const src = simulationServerMachine.provide({
    actors: {
      probe: probe.logic,
      listener: fromCallback<ServerFact, { entry: string }>(({ input: { entry }, receive }) => {
        receive((fact) => onFact(entry, fact));
        return () => onEnd(entry);
      }),
    },
  });
  return (entry, isLeased) =>
    child({
      id: serverId(entry),
      systemId: serverId(entry),
      src,
      input: () => ({ ...figures(), entry, isLeased }),
      // One that has joined and ends by a bug is there again when it next says so.
      restart: isLeased ? 'temporary' : 'permanent',
    });
}
