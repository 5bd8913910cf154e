import { constants } from 'node:os';
import type { Logger } from './log.ts';
import type { System } from './system.ts';

/** Exit status of sysexits.h for an internal software error: the program has given itself up. */
export const INTERNAL_ERROR_STATUS = 70;

/**
 * Longest time in ms from the end of the drain to the end of the program: our choice, more than all deadlines below
 * come to (90 s for a session that leaves, 71 s for an engine with the longest `killGrace`, seconds for the rest).
 */
export const STOP_LIMIT = 180_000;

/**
 * The same signal within so many ms is an echo of the first: our choice. Ctrl+C under `npm start` comes from the
 * terminal, and again from npm.
 */
export const ECHO_TIME = 500;

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

export interface ShutdownOptions {
  readonly log: Logger;
  /** Ends the process at once. */
  exit(status: number): void;
  /** Milliseconds that never run backwards. */
  now?(): number;
}

/** How the program ends: by itself after an order to stop, and in bounded time whatever happens then. */
export interface Shutdown {
  /** Whether the program is to end. */
  readonly isAsked: boolean;
  /** The system runs from now on; it is stopped at once where that was asked for before. */
  started(system: System): void;
  /**
   * The first signal drains and stops the system, with status 0; the second ends the drain; the third, or the second
   * where the system does not run yet, ends the process at once, with 128 and the signal's number.
   */
  signalled(signal: StopSignal): void;
  /** Stops the system, which has nothing left to serve, with status 0. */
  retired(): void;
  /** Stops the system without a drain, with status 70. */
  giveUp(): void;
}

/** @see STOP_LIMIT for a system that cannot be stopped */
export function createShutdown({ log, exit, now = () => performance.now() }: ShutdownOptions): Shutdown {
  const hurry = new AbortController();
  let system: System | undefined;
  let status = 0;
  let isAsked = false;
  let isStopping = false;
  let signals = 0;
  let limiting: NodeJS.Timeout | undefined;
  let last: { readonly signal: StopSignal; readonly time: number } | undefined;

  async function stop(): Promise<void> {
    if (!system || !isAsked || isStopping) return;
    isStopping = true;
    try {
      await system.drain(hurry.signal);
      limit();
      await system.stop();
      log.info('stopped');
    } catch (error) {
      log.error({ error }, 'not stopped');
      status = INTERNAL_ERROR_STATUS;
    }
    clearTimeout(limiting);
    exit(status);
  }

  function limit(): void {
    limiting ??= setTimeout(() => {
      log.error({ seconds: STOP_LIMIT / 1000 }, 'not stopped in time');
      exit(INTERNAL_ERROR_STATUS);
    }, STOP_LIMIT);
  }

  return {
    get isAsked() {
      return isAsked;
    },
    started(running) {
      system = running;
      clearTimeout(limiting);
      limiting = undefined;
      void stop();
    },
    signalled(signal) {
      const time = now();
      if (last?.signal === signal && time - last.time < ECHO_TIME) return;
      last = { signal, time };
      isAsked = true;
      signals++;
      if (signals === 1) {
        log.info({ signal }, 'stopping');
        if (!system) limit();
        void stop();
      } else if (signals === 2 && system) {
        log.warn({ signal }, 'stopping at once');
        hurry.abort();
      } else {
        log.error({ signal }, 'ended before everything was stopped');
        exit(128 + constants.signals[signal]);
      }
    },
    retired() {
      isAsked = true;
      void stop();
    },
    giveUp() {
      if (status === INTERNAL_ERROR_STATUS) return;
      status = INTERNAL_ERROR_STATUS;
      isAsked = true;
      hurry.abort();
      limit();
      void stop();
    },
  };
}
