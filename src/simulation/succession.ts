import type { Server } from 'node:http';
import { endAfterRequests, releasePort } from '../operations/listen.ts';
import type { Predecessor, Role } from '../role.ts';
import type { IntakeControl } from './intake.ts';
import type { Monitor } from './monitor.ts';
import type { PortPool } from './port-pool.ts';
import type { Seats } from './seats.ts';
import type { SessionRegistry } from './session-registry.ts';
import { createStreamDoor } from './stream-door.ts';
import type { StreamProxy } from './stream-proxy.ts';

export interface SuccessionTools {
  readonly server: Server;
  /** Listens on the server's port. @throws AppError `portTaken` or `bindFailed` */
  openPort(): Promise<unknown>;
  readonly proxy: StreamProxy;
  readonly ports: PortPool;
  readonly registry: SessionRegistry;
  readonly seats: Seats;
  readonly monitor: Monitor;
  readonly intake: IntakeControl;
  readonly predecessor: Predecessor | undefined;
}

/** How a simulation server gives its port to a successor, and ends with the sessions that it has. */
export interface Succession extends Pick<Role, 'release' | 'resume' | 'retire' | 'remains'> {
  readonly isRetired: boolean;
  close(): void;
}

export function createSuccession(tools: SuccessionTools): Succession {
  const { server, openPort, proxy, ports, registry, seats, monitor, intake, predecessor } = tools;
  const door = createStreamDoor(proxy);
  let isRetired = false;

  return {
    get isRetired() {
      return isRetired;
    },
    async release(path) {
      await door.open(path);
      releasePort(server);
    },
    async resume() {
      door.close();
      await openPort();
    },
    async retire() {
      isRetired = true;
      endAfterRequests(server);
      ports.retreat();
      // Pages open their streams again, at the server that has the port now.
      monitor.close();
      return { ended: Promise.all([registry.emptied(), predecessor?.gone()]).then(() => {}) };
    },
    remains: () => ({
      sessions: seats.taken + (predecessor?.remains.sessions ?? 0),
      ports: [...ports.held, ...(predecessor?.remains.ports ?? [])],
      isDrained: intake.state === 'drained',
    }),
    close: door.close,
  };
}
