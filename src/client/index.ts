/**
 * The protocol from the client's side, for pages, terminals and tests: asks a
 * session server for a simulation server, has a world started, and streams it.
 * Runs in browsers and in Node from 20.19, and depends on nothing.
 */

import { type ConnectOptions, SimulationSession } from './session.ts';

export { type Availability, type AvailabilityOptions, watchAvailability } from './availability.ts';
export { DEFAULT_TIMEOUTS, type Timeouts } from './bounds.ts';
export { CLIENT_ERRORS, ClientError, type ClientErrorCode } from './errors.ts';
export {
  CLIENT_END_REASONS,
  type ClientEndReason,
  type SessionEnd,
  type SessionEvents,
  STAGES,
  type Stage,
} from './events.ts';
export { EXAMPLE_WORLD } from './example-world.ts';
export type { Frame, Label, NodeUpdate } from './frame.ts';
export { placeInWords, type QueuePlace } from './queue.ts';
export { readServerMessage, type ServerMessage } from './server-message.ts';
export type { ConnectOptions, SimulationSession } from './session.ts';
export type { Fetch } from './session-server.ts';
export type { Mode } from './simulation-server.ts';
export { type RunState, readStreamMessage, type StreamMessage } from './stream-message.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

/**
 * Begins a session; what happens is told by its events, how it ends by `ended`.
 * Nothing is emitted before the caller has had the time to listen.
 *
 * @throws TypeError if `session` is no http or https URL
 * @throws RangeError for a wait that no timer takes
 */
export function connect(options: ConnectOptions): SimulationSession {
  return new SimulationSession(options);
}
