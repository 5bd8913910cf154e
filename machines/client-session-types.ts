/** What a client session is given, hears, knows and orders; `client-session.ts` is its machine. */
import type { End } from './end-reason.ts';
import type { SimulationState, WebotsEvent, WebotsOutcome } from './webots-process-types.ts';

/** What a client asked for in its start message. */
export interface StartRequest {
  /** The world's URL as the client gave it. */
  readonly url: string;
  readonly mode: 'scene' | 'mjpeg';
}

/** A project on this machine's disk. */
export interface CheckedOutProject {
  /** Absolute path of the folder that holds `worlds`. */
  readonly projectFolder: string;
  /** Absolute path of the `.wbt` file. */
  readonly worldPath: string;
}

/** Durations in milliseconds. */
export interface SessionTimings {
  /** Longest wait for the start message: 30 s, our choice; clients send it as soon as the socket is open. */
  readonly startMessageTimeout: number;
  /** Longest wait for a place while all are taken: `queueTimeout` of the configuration. */
  readonly queueTimeout: number;
  /** Longest time from readiness of the engine to its end: `timeout` of the configuration. */
  readonly timeLimit: number;
  /** Longest wait for each step of leaving: 30 s, our choice, twice what an engine that ignores SIGTERM takes. */
  readonly leaveTimeout: number;
}

export const SESSION_TIMINGS: SessionTimings = {
  startMessageTimeout: 30_000,
  queueTimeout: 600_000,
  timeLimit: 7_200_000,
  leaveTimeout: 30_000,
};

export type SocketReport =
  | ({ type: 'client.started' } & StartRequest)
  | { type: 'client.mistaken'; text: string }
  | { type: 'client.controllerReset'; file: string }
  /** `reason` is `clientLeft` after a closing handshake, else what broke. */
  | { type: 'socket.closed'; reason: 'clientLeft' | 'clientGone' | 'clientTooSlow' | 'clientMisbehaved' };

export type SocketOrder = { type: 'send'; text: string };

/** What came of the request for a place: who may wait for one is `queued`. */
export type Admission = End | 'queued' | undefined;

export type SeatReport =
  /** From 1 for who is next. */
  { type: 'place.changed'; place: number } | { type: 'seat.given' } | { type: 'seat.refused'; end: End };

export type CheckoutReport =
  | { type: 'checkout.progressed'; line: string }
  | { type: 'checkout.finished'; project: CheckedOutProject }
  | { type: 'checkout.failed'; end: End };

export type EngineReport =
  | WebotsEvent
  | { type: 'engine.gone'; outcome: WebotsOutcome }
  | { type: 'engine.refused'; end: End };

/** A bug of an actor that the session has invoked, which that noticed outside of what XState watches over. */
export type FailureReport = { type: 'actor.failed'; actor: string; error: unknown };

/**
 * `stop` ends the session because the server is being stopped; `drain` tells
 * that this will be in so many seconds, and ends a session that has not begun;
 * `end` ends it for the reason given, e.g. by the operator.
 */
export type SessionOrder = { type: 'stop' } | { type: 'drain'; seconds: number } | { type: 'end'; end: End };

export interface SessionInput {
  /** Unguessable; names the session's folder and marks its processes. */
  readonly id: string;
  /** Scheme, host and separator of the stream's address, e.g. `ws://localhost:`. */
  readonly streamBase: string;
  readonly timings?: SessionTimings;
}

export interface SessionContext {
  readonly id: string;
  readonly streamBase: string;
  readonly timings: SessionTimings;
  readonly mistakes: number;
  readonly request: StartRequest | undefined;
  readonly project: CheckedOutProject | undefined;
  readonly port: number | undefined;
  readonly simulation: SimulationState;
  readonly end: End | undefined;
}
