import type { ActorOptions, AnyActorLogic } from 'xstate';
import { countActors } from '../machines/actor-count.ts';
import { child, getChild, onReport, type SupervisorRef, startChild, supervisor } from '../machines/supervisor.ts';
import { createRootActor, type RootClock } from '../machines/timer-index.ts';
import { AppError } from './errors.ts';
import type { Inspector } from './inspection/inspector.ts';
import type { Logger } from './log.ts';
import type { ListeningAddress, Role } from './role.ts';

/** Time that never runs backwards, whatever happens to the clock on the wall. */
const MONOTONIC_CLOCK: RootClock = {
  setTimeout: (handler, timeout) => setTimeout(handler, timeout),
  clearTimeout: (id) => clearTimeout(id),
  now: () => performance.now(),
};

export interface SystemOptions {
  readonly roles: readonly Role[];
  readonly log: Logger;
  readonly inspect?: ActorOptions<AnyActorLogic>['inspect'];
  /** What records the system while it is switched on. */
  readonly inspector?: Inspector;
  /** Called when all roles listen; where it rejects, the start has failed. @returns whether they are to serve */
  commit?(): Promise<boolean>;
}

/** The running program: all roles under one supervisor. */
export interface System {
  /** Where each role listens, by its name. */
  readonly addresses: ReadonlyMap<Role['name'], ListeningAddress>;
  /** Resolves when the root supervisor has given up, with what made it; never after `stop`. */
  readonly failed: Promise<unknown>;
  /**
   * Takes no new work from now on. Resolves when the work at hand is done or has had its time, when the root
   * supervisor has given up, or as soon as `hurry` aborts.
   */
  drain(hurry: AbortSignal): Promise<void>;
  /** How many actors there are in all. */
  actorCount(): number;
  /** Ends every actor, what they hold, and the ports, drained or not. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Starts the roles one after the other, each listening before the next one starts. They tell the world of themselves
 * only when all listen.
 *
 * @throws AppError `portTaken` or `bindFailed`, and what `commit` throws; what was started is stopped then
 */
export async function startSystem({ roles, log, inspect, inspector, commit }: SystemOptions): Promise<System> {
  // A role that gives up takes the others with it: whoever runs the program starts it afresh.
  const root = createRootActor(supervisor({ intensity: 0 }), {
    id: 'root',
    clock: MONOTONIC_CLOCK,
    ...(inspect && { inspect }),
  });
  const finished = new Promise<void>((resolve) => {
    root.subscribe({ complete: resolve, error: () => resolve() });
  });
  const failed = new Promise<unknown>((resolve) => {
    root.subscribe({ error: resolve });
  });
  const supervisorRef = root as unknown as SupervisorRef;
  onReport(supervisorRef, ({ supervisor: name, errorContext, reason, offender }) =>
    log.error({ supervisor: name, errorContext, reason, offender }, 'supervisor report'),
  );
  inspector?.attach(root);
  root.start();

  const addresses = new Map<Role['name'], ListeningAddress>();
  const started: Role[] = [];
  let stopped: Promise<void> | undefined;

  async function drain(hurry: AbortSignal): Promise<void> {
    const drained = started.map((role) =>
      // A bug in it must not keep the program from being stopped.
      role.drain(hurry).catch((error) => log.error({ server: role.name, error }, 'not drained')),
    );
    await Promise.race([Promise.all(drained), finished]);
  }
  async function stopAll(): Promise<void> {
    await drain(AbortSignal.abort());
    root.send({ type: 'stop' });
    await finished;
    await Promise.all(started.map((role) => role.close()));
  }
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };

  let isServing = true;
  try {
    for (const role of roles) {
      const reply = await startChild(supervisorRef, child({ id: role.name, src: role.supervisor }));
      if (!reply.ok) throw reply.error ?? new AppError('bindFailed', `The ${role.name} server could not be started.`);
      started.push(role);
      addresses.set(role.name, await role.listen(getChild(supervisorRef, role.name) as SupervisorRef));
    }
    if (commit) isServing = await commit();
  } catch (error) {
    await stop();
    throw error;
  }
  if (isServing) for (const role of roles) role.serves();
  return { addresses, failed, actorCount: () => countActors(root), drain, stop };
}
