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

/** What goes on in a server, for the one that has its port. */
export interface Remains {
  /** Sessions that hold a place. */
  readonly sessions: number;
  /** TCP ports of their engines. */
  readonly ports: readonly number[];
  /** Whether an operator has it take no new sessions. */
  readonly isDrained?: boolean;
}

/** The server of the same role whose port is taken over. */
export interface Predecessor {
  /**
   * Has it close its port, and opens it here at once; where none runs, only that.
   *
   * @param open is given the `inheritance` of that server, unchecked; undefined where there is none
   * @throws AppError `takeoverRefused`, and what `open` throws
   */
  takeOver<Opened>(open: (inheritance?: unknown) => Promise<Opened>): Promise<Opened>;
  /** What goes on in it, and in those before it. */
  readonly remains: Remains;
  /** @param listener hears each time that less remains, or more */
  onChange(listener: () => void): void;
  /** Absolute path of the socket by which its engines are reached; undefined where it does not run. */
  readonly streams: string | undefined;
  /** Resolves when it is gone; at once where there is none. */
  gone(): Promise<void>;
}

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
   * Tells the world of this server, which it is to reach from now on. Called once, when every role listens and nobody
   * takes the ports back; never where the start fails.
   */
  serves(): void;
  /**
   * Takes no new work from now on, and tells those who ask. Called before the supervisor is stopped.
   *
   * Resolves when the work at hand is done or has had its time, or as soon as `hurry` aborts.
   */
  drain(hurry: AbortSignal): Promise<void>;
  /** The TCP port of the configuration, by which a successor finds this server. */
  readonly port: number;
  /**
   * Stops listening; connections that are open stay.
   *
   * @param path where engines are reached from now on: absolute, in a folder that only our user enters
   * @throws Error of the system if nothing can be reached there; then it listens as before
   */
  release(path: string): void | Promise<void>;
  /** What a successor is to know before it opens the port: a value for JSON, of 200 kB at most. */
  inheritance?(): unknown;
  /** Listens again, after `release`. @throws AppError `portTaken` or `bindFailed` */
  resume(): Promise<void>;
  /**
   * Another process has the port: goes on with what this one serves, and takes nothing new.
   *
   * @returns a promise that resolves when nothing is left to serve
   */
  retire(): Promise<{ readonly ended: Promise<void> }>;
  /** What goes on in this process and in those before it. */
  remains(): Remains;
  /** Closes the port and every connection; called once the supervisor has stopped. */
  close(): Promise<void>;
}
