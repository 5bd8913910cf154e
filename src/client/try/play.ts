import { setTimeout as delay } from 'node:timers/promises';
import {
  type Availability,
  ClientError,
  type ConnectOptions,
  connect,
  DEFAULT_TIMEOUTS,
  placeInWords,
  type SessionEnd,
  type SimulationSession,
  watchAvailability,
} from '../index.ts';
import { ADVICE, ADVICE_WHILE_STREAMING, Breakage } from './breakage.ts';
import type { TryOptions } from './command-line.ts';
import { Movement } from './movement.ts';
import type { Teller } from './report.ts';
import { Trail } from './trail.ts';

/** How long a simulation server may take to become free, in ms (our choice): three polls of the session server. */
const AVAILABILITY_WAIT = 15_000;
/** How long the engine may take to obey a command, in ms (our choice). */
const COMMAND_WAIT = 10_000;
/** How long until it streams, in ms: more than the session itself waits, which then says what for. */
const STREAMING_WAIT = Object.values(DEFAULT_TIMEOUTS).reduce((sum, wait) => sum + wait) + COMMAND_WAIT;

/**
 * Plays a web client: from the availability to a stream that runs, pauses,
 * resets and is left, and sees that nothing stays behind.
 *
 * @param ways in place of the platform's own
 * @throws Breakage for what does not go as it should
 */
export async function play(
  options: TryOptions,
  report: Teller,
  signal: AbortSignal,
  ways: Pick<ConnectOptions, 'fetch' | 'WebSocket'> = {},
): Promise<void> {
  await waitUntilAvailable(options.session, report, signal, ways);
  const session = connect({ session: options.session, world: options.world, signal, ...ways });
  tellEvents(session, report);
  try {
    const { detail } = await unlessBroken(
      session,
      session.until('stage', ({ stage }) => stage === 'streaming', STREAMING_WAIT),
    );
    const trail = await Trail.follow(detail);
    await runAndReset(session, options.seconds, report);
    const { text } = await session.leave();
    report.tell('left', text);
    await trail.expectGone(report);
  } finally {
    await session.leave();
  }
}

async function waitUntilAvailable(
  session: string,
  report: Teller,
  signal: AbortSignal,
  { WebSocket }: Pick<ConnectOptions, 'WebSocket'>,
): Promise<void> {
  let last = 'unknown';
  const isAvailable = await new Promise<boolean>((resolve) => {
    const hear = (availability: Availability) => {
      last = availability;
      report.tell('availability', availability);
      if (availability === 'available') settle(true);
    };
    const stop = watchAvailability(session, hear, WebSocket && { WebSocket });
    const timer = setTimeout(() => settle(false), AVAILABILITY_WAIT);
    const settle = (result: boolean) => {
      stop();
      clearTimeout(timer);
      resolve(result);
    };
    signal.addEventListener('abort', () => settle(false), { once: true });
  });
  if (isAvailable) return;
  const seconds = AVAILABILITY_WAIT / 1000;
  if (last === 'unknown') {
    throw new Breakage(`No session server answered at ${session} for ${seconds} s.`, ADVICE.sessionServerFailed);
  }
  throw new Breakage(`No simulation server became free for ${seconds} s.`, ADVICE.unavailable);
}

function tellEvents(session: SimulationSession, report: Teller): void {
  session.on('stage', ({ stage, detail }) => {
    if (stage !== 'leaving' && stage !== 'ended') report.tell(stage, detail);
  });
  session.on('progress', ({ percent, text }) =>
    report.tell('progress', `${percent.toFixed(0).padStart(3)} %  ${text}`),
  );
  let told = '';
  session.on('queue', (place) => {
    const words = placeInWords(place);
    if (words !== told) report.tell('queue', words);
    told = words;
  });
  session.on('console', ({ stream, text }) => report.tell(stream, text));
  session.on('trouble', ({ text }) => report.tell('trouble', text));
  session.on('state', ({ state }) => report.tell('state', state));
  session.on('shutdownTimeout', ({ seconds }) => report.tell('time limit', `${seconds} s`));
  session.on('world', ({ current, worlds }) => report.tell('world', `${current} (of ${worlds.length})`));
  session.on('scene', ({ xml }) => report.tell('scene', `${xml.length} characters`));
}

async function runAndReset(session: SimulationSession, seconds: number, report: Teller): Promise<void> {
  const movement = new Movement();
  const begin = session.time;
  session.on('frame', (frame) => movement.see(frame));
  session.play();
  await lasts(session, seconds);
  const simulated = session.time - begin;
  if (!(simulated > 0)) {
    throw new Breakage(`The simulated time did not advance in ${seconds} s.`, ADVICE.timedOut);
  }
  report.tell('ran', `${(simulated / 1000).toFixed(3)} s simulated in ${seconds} s, ${movement.frames} frames`);
  report.tell('movement', movement.nodes > 0 ? `${movement.nodes} nodes moved` : 'nothing moves in this world');

  session.pause();
  await unlessBroken(
    session,
    session.until('state', ({ state }) => state === 'pause', COMMAND_WAIT),
  );
  session.reset();
  await unlessBroken(
    session,
    session.until('reset', () => true, COMMAND_WAIT),
  );
  if (session.time !== 0) {
    throw new Breakage(`Expected the simulated time 0 after a reset, got ${session.time} ms.`, ADVICE.closed);
  }
  report.tell('reset', 'the simulated time is 0 again');
}

async function lasts(session: SimulationSession, seconds: number): Promise<void> {
  const timer = new AbortController();
  const end = await Promise.race([delay(seconds * 1000, undefined, { signal: timer.signal }), session.ended]);
  timer.abort();
  if (end !== undefined) throw breakageOf(session, end);
}

async function unlessBroken<Event>(session: SimulationSession, event: Promise<Event>): Promise<Event> {
  try {
    return await event;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw error.code === 'ended'
      ? breakageOf(session, await session.ended)
      : new Breakage(error.message, ADVICE.timedOut);
  }
}

function breakageOf(session: SimulationSession, { reason, text, postMortem }: SessionEnd): Breakage {
  const advice = session.state === undefined ? ADVICE[reason] : ADVICE_WHILE_STREAMING;
  const message = `The session ended too early (${reason}): ${text}`;
  if (postMortem === undefined) return new Breakage(message, advice);
  return new Breakage(message, `${advice} There is a post-mortem, number ${postMortem}.`);
}
