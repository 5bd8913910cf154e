import type { SupervisorLogic, SupervisorOptions, SupervisorRef } from '../machines/supervisor.ts';

/** Milliseconds in a second. */
const SECOND = 1_000;

/**
 * How a role restarts what it cannot do without: ever more slowly, five times
 * in the first minute, then twice a minute. So a bug in one part of it, such as
 * the care of a few servers, does not end the role; one in all of them does.
 * Client sessions and engines are never restarted, and do not count. Our
 * choice.
 */
export const ROLE_RESTARTS: Pick<SupervisorOptions, 'intensity' | 'period' | 'backoff'> = {
  intensity: 30,
  period: 60 * SECOND,
  backoff: { initial: SECOND, max: 30 * SECOND },
};

/** Where a role listens, for the start-up lines and for tests that ask for port 0. */
export interface ListeningAddress {
  /** The address bound, e.g. `127.0.0.1` or `::`. */
  readonly address: string;
  /** The TCP port bound, 1–65535. */
  readonly port: number;
  /** Whether it speaks TLS there. */
  readonly isTls?: boolean;
}

/** One role of the program: a supervisor of its actors, and the port through which the world reaches them. */
export interface Role {
  readonly name: 'session' | 'simulation';
  /** The logic of the role's supervisor, to be spawned under the root supervisor. */
  readonly supervisor: SupervisorLogic;
  /**
   * Opens the port; called once, when `actor` runs.
   *
   * @throws AppError `portTaken` or `bindFailed`
   */
  listen(actor: SupervisorRef): Promise<ListeningAddress>;
  /**
   * Takes no new work from now on, and tells those who ask. Called before the supervisor is stopped.
   *
   * Resolves when the work at hand is done or has had its time, or as soon as `hurry` aborts.
   */
  drain(hurry: AbortSignal): Promise<void>;
  /** Closes the port and every connection; called once the supervisor has stopped. */
  close(): Promise<void>;
}
