import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { connect } from '../../src/client/index.ts';
import { between, type Draw, draws, pick } from './draws.ts';
import { WORLDS, type World } from './worlds.ts';

/** Longest moment at which a client leaves, in ms after it has asked: our choice, longer than a usual start takes. */
const LATEST_MOMENT = 2_500;

/** Longest time for which a client stays in a world that streams, in ms: our choice. */
const LONGEST_STAY = 3_000;

/** Longest wait of a client that stays for its world, in ms: our choice, far above what a busy machine takes. */
const PATIENCE = 60_000;

/** Longest time within which a server must have closed what no longer makes sense, in ms: our choice. */
const CLOSE_BOUND = 20_000;

/** Wait of a client that does not read until it looks whether it was given up, in ms: beyond two pings of the servers. */
const BLIND_TIME = 7_000;

/** Bytes of one message of garbage: our choice. */
const GARBAGE = 1_000;

/** What one client does; drawn before it begins, so that the same seed makes the same visits. */
export interface Visit {
  readonly behaviour: Behaviour;
  readonly world: World;
  /** In ms after the start message. */
  readonly moment: number;
  /** In ms after the world streams. */
  readonly stay: number;
  /** Draws the bytes of those who send some. */
  readonly seed: number;
}

/** What clients find. */
export interface Place {
  /** The session server, e.g. `http://localhost:1999`. */
  readonly session: string;
  /** Asks the session server; where it has nothing free, answers with a simulation server all the same. */
  choose(): Promise<string>;
}

/** Returns how it ended, in a few words that are counted. Throws where something went wrong that must not. */
type Play = (visit: Visit, place: Place) => Promise<string>;

export interface Behaviour {
  readonly name: string;
  readonly weight: number;
  readonly play: Play;
}

export const PLAYING: Behaviour = { name: 'plays and leaves', weight: 5, play: playAndLeave };

const BEHAVIOURS: readonly Behaviour[] = [
  PLAYING,
  { name: 'leaves at any moment', weight: 5, play: leave },
  { name: 'breaks the connection', weight: 4, play: breakOff },
  { name: 'closes twice', weight: 1, play: closeTwice },
  { name: 'goes half-open', weight: 1, play: goSilent },
  { name: 'never reads, but sends', weight: 1, play: neverRead },
  { name: 'sends garbage', weight: 1, play: sendGarbage },
  { name: 'sends what is no WebSocket', weight: 0.5, play: sendBytes },
];

export function drawVisit(draw: Draw): Visit {
  return {
    behaviour: pick(draw, BEHAVIOURS),
    world: pick(draw, WORLDS),
    moment: between(draw, 0, LATEST_MOMENT),
    stay: between(draw, 0, LONGEST_STAY),
    seed: between(draw, 0, 2 ** 32),
  };
}

function begin({ world }: Visit, { session, choose }: Place) {
  // The choice may be the place's own; all else is the library's.
  const fetch = async () => new Response(await choose());
  return connect({ session, world: world.url, fetch, WebSocket });
}

async function playAndLeave(visit: Visit, place: Place): Promise<string> {
  const session = begin(visit, place);
  const streams = session
    .until('stage', ({ stage }) => stage === 'streaming', PATIENCE)
    .then(
      () => true,
      () => false,
    );
  if (await streams) {
    session.play();
    await Promise.race([delay(visit.stay), session.ended]);
  }
  const { reason } = await session.leave();
  return (await streams) ? reason : `${reason} before it streamed`;
}

async function leave(visit: Visit, place: Place): Promise<string> {
  const session = begin(visit, place);
  await Promise.race([delay(visit.moment), session.ended]);
  return (await session.leave()).reason;
}

async function breakOff(visit: Visit, place: Place): Promise<string> {
  const client = await openAndStart(visit, place);
  await Promise.race([delay(visit.moment), client.closed]);
  client.socket.terminate();
  return `closed with ${await client.closed}`;
}

async function closeTwice(visit: Visit, place: Place): Promise<string> {
  const client = await openAndStart(visit, place);
  await Promise.race([delay(visit.moment), client.closed]);
  client.socket.close();
  client.socket.close();
  const code = await Promise.race([client.closed, delay(CLOSE_BOUND)]);
  if (code === undefined) throw new Error('Expected the answer to a close, got none');
  return `closed with ${code}`;
}

async function goSilent(visit: Visit, place: Place): Promise<string> {
  const client = await openAndStart(visit, place);
  await Promise.race([delay(visit.moment), client.closed]);
  return waitBlindly(client);
}

async function neverRead(visit: Visit, place: Place): Promise<string> {
  const client = await openAndStart(visit, place);
  client.socket.pause();
  const sending = setInterval(() => client.socket.send('{"reset controller":"no/file.py"}'), 100);
  try {
    return await waitBlindly(client);
  } finally {
    clearInterval(sending);
  }
}

async function sendGarbage(visit: Visit, place: Place): Promise<string> {
  const client = await openAndStart(visit, place);
  await Promise.race([delay(visit.moment), client.closed]);
  const draw = draws(visit.seed, 0);
  for (let message = 0; message < 10; message++) client.socket.send(drawBytes(draw), { binary: message % 2 === 0 });
  return closedByServer(client);
}

async function sendBytes({ seed }: Visit, place: Place): Promise<string> {
  const { port } = new URL(await place.choose());
  const socket = createConnection(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  const greeting = Buffer.from('GET /client HTTP/1.1\r\nUpgrade: websocket\r\n');
  socket.end(Buffer.concat([greeting, drawBytes(draws(seed, 0))]));
  socket.resume();
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => resolve('closed'));
  });
  const outcome = await Promise.race([closed, delay(CLOSE_BOUND)]);
  socket.destroy();
  if (outcome === undefined) throw new Error('Expected the server to close a connection with garbage, but it did not');
  return outcome;
}

function drawBytes(draw: Draw): Buffer {
  return Buffer.from(Array.from({ length: GARBAGE }, () => between(draw, 0, 256)));
}

interface Client {
  readonly socket: WebSocket;
  /** The close code; 1006 too where no connection came about. */
  readonly closed: Promise<number>;
}

async function openAndStart({ world }: Visit, place: Place): Promise<Client> {
  const socket = new WebSocket(`${await place.choose()}/client`);
  // Followed by 'close', with the code 1006.
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  await Promise.race([once(socket, 'open').catch(() => {}), closed]);
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ start: { url: world.url } }));
  return { socket, closed };
}

async function waitBlindly(client: Client): Promise<string> {
  if (client.socket.readyState !== client.socket.OPEN) return `closed with ${await client.closed}`;
  client.socket.pause();
  await delay(BLIND_TIME);
  client.socket.resume();
  return closedByServer(client);
}

async function closedByServer({ socket, closed }: Client): Promise<string> {
  const code = await Promise.race([closed, delay(CLOSE_BOUND)]);
  socket.terminate();
  if (code === undefined) throw new Error('Expected the server to give the client up, but it did not');
  return `closed with ${code}`;
}
