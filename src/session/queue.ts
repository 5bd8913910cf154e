import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type ActorRefFrom, type AnyEventObject, fromCallback } from 'xstate';
import { type RequestOutcome, sessionRequestMachine } from '../../machines/session-request.ts';
import { child, type SupervisorRef, startChild } from '../../machines/supervisor.ts';
import {
  crowdedOutBy,
  EMPTY_LINE,
  joinLine,
  leaveLine,
  lineLength,
  orderOf,
  placeOf,
  serveFrom,
} from '../../machines/waiting-line.ts';
import type { Choice, ServerView } from './choose-server.ts';
import { GrantRate } from './grant-rate.ts';
import type { WorldPrefixes } from './repository-standing.ts';

/** Milliseconds in a second. */
const SECOND = 1_000;

/** Longest wait in ms for the last answers to be written when the server stops: our choice. */
const LAST_WAIT = 1_000;

/** Why a client was sent to no simulation server. */
export type RefusalReason =
  | 'noneAvailable'
  | 'noneAllows'
  | 'allAway'
  | 'queueFull'
  | Exclude<RequestOutcome, 'granted' | 'left'>;

const NONE_AVAILABLE: Placement = { refusal: 'noneAvailable' };

/** A client's question for a simulation server. */
export interface SessionQuestion {
  readonly response: ServerResponse;
  /** What `addressOf` says; stays here. */
  readonly address: string;
  /** The world, where the client names one that can be read. */
  readonly world: WorldPrefixes | undefined;
  /** By which the client asks for its place. */
  readonly ticket: string | undefined;
}

/** What is answered to `GET /queue/<ticket>`. */
export interface QueuePlace {
  /** 1 for who is next. */
  readonly place: number;
  /** How many wait. */
  readonly length: number;
  /** Seconds; left out where it is not known. */
  readonly expectedWait?: number;
}

/** The entry of a simulation server, or why there is none. */
export type Placement =
  | { readonly entry: string }
  | { readonly entry?: undefined; readonly refusal: 'noneAvailable' | 'noneAllows' };

export interface QueueTools {
  /** Most questions that are held. */
  readonly queueLength: number;
  /** Longest time in ms that one is held. */
  readonly queueTimeout: number;
  /** The supervisor of the questions that are held. */
  requests(): SupervisorRef;
  /** The simulation server that has room for this world now, or why none has. */
  choose(world: WorldPrefixes | undefined): Choice;
  /** Counts a client as sent to this server: from then on `choose` knows of it. */
  grant(server: ServerView): void;
  refuse(reason: RefusalReason): void;
  /** Hears how long a question was held, in ms, and why no longer. */
  onWaited(outcome: RequestOutcome, waited: number): void;
  /** Somebody has joined or left the line. */
  onChange(): void;
  onError(error: unknown): void;
}

/** Holds questions for a simulation server while none has room, and answers them fairly by address. */
export interface SessionQueue {
  /** How many are held. */
  readonly length: number;
  readonly hasPlace: boolean;
  /** Whether a question with this ticket is held. */
  has(ticket: string): boolean;
  /** Resolves to the simulation server to which the client is sent, or to why there is none for it; who has left is not told. */
  ask(question: SessionQuestion): Promise<Placement>;
  placeOf(ticket: string): QueuePlace | undefined;
  /** Something has changed because of which a server may have room. */
  changed(): void;
  /** Resolves when no question is held. */
  emptied(): Promise<void>;
  /** Refuses all from now on; resolves when those that were held have their answer, or after a bounded wait. */
  close(): Promise<void>;
}

interface Waiter extends SessionQuestion {
  readonly id: string;
  /** Ms on a clock that is never set. */
  readonly since: number;
  readonly resolve: (placement: Placement) => void;
  request?: ActorRefFrom<typeof sessionRequestMachine>;
  /** What it is to be told once it is there. */
  order?: 'stop' | 'crowdOut';
}

export function createSessionQueue(tools: QueueTools): SessionQueue {
  const { queueLength, queueTimeout, choose, grant, refuse } = tools;
  const waiters = new Map<string, Waiter>();
  const tickets = new Map<string, string>();
  const rate = new GrantRate();
  let line = EMPTY_LINE;
  let asked = 0;
  let isServing = false;
  /** Whether somebody in the line may have a server now who had none at the last look. */
  let isOutdated = false;
  /** Whether a server has room for somebody in the line who cannot be told yet. */
  let isOwed = false;
  let isGiving = false;
  let isClosed = false;
  const emptyListeners = new Set<() => void>();

  const machine = sessionRequestMachine.provide({
    actors: {
      asker: fromCallback<AnyEventObject, { id: string }>(({ input, sendBack }) => {
        const { response } = waiters.get(input.id)!;
        const leave = () => sendBack({ type: 'asker.left' });
        response.once('close', leave);
        // Who asks may have left before.
        if (response.destroyed) leave();
        return () => void response.off('close', leave);
      }),
    },
  });

  function join(question: SessionQuestion): Promise<Placement> {
    return new Promise((resolve) => {
      asked++;
      const waiter: Waiter = { ...question, id: `request ${asked}`, since: performance.now(), resolve };
      if (waiters.size === 0) rate.begin(waiter.since);
      waiters.set(waiter.id, waiter);
      if (question.ticket !== undefined) tickets.set(question.ticket, waiter.id);
      line = joinLine(line, question.address, waiter.id);
      start(waiter).catch((error) => crashed(waiter, error));
      tools.onChange();
    });
  }

  async function start(waiter: Waiter): Promise<void> {
    const { id } = waiter;
    const reply = await startChild(
      tools.requests(),
      child({ id, src: machine, input: { id, queueTimeout }, restart: 'temporary', shutdown: LAST_WAIT }),
    );
    if (!reply.ok) throw reply.error ?? new Error(`The requests' supervisor refused: ${reply.reason}`);
    const request = reply.ref as ActorRefFrom<typeof sessionRequestMachine>;
    waiter.request = request;
    request.subscribe({
      complete: () => ended(waiter, request.getSnapshot().output ?? { outcome: 'drained', entry: undefined }),
      error: (error) => crashed(waiter, error),
    });
    if (waiter.order) request.send({ type: waiter.order });
    if (isOwed) serveSoon();
  }

  function crashed(waiter: Waiter, error: unknown): void {
    tools.onError(error);
    ended(waiter, { outcome: 'drained', entry: undefined });
  }

  function ended(waiter: Waiter, { outcome, entry }: { outcome: RequestOutcome; entry: string | undefined }): void {
    const { id, ticket, since, resolve } = waiter;
    if (!waiters.delete(id)) return;
    if (ticket !== undefined) tickets.delete(ticket);
    line = leaveLine(line, id);
    if (outcome !== 'granted' && outcome !== 'left') refuse(outcome);
    tools.onWaited(outcome, performance.now() - since);
    resolve(entry === undefined ? NONE_AVAILABLE : { entry });
    tools.onChange();
    if (waiters.size === 0) for (const hear of emptyListeners) hear();
    if (isOwed) serveSoon();
  }

  /** Not at once: whoever tells a change may be in the midst of it. */
  function serveSoon(): void {
    isOutdated = true;
    if (isServing || waiters.size === 0) return;
    isServing = true;
    queueMicrotask(() => {
      isServing = false;
      try {
        if (isOutdated) serve();
      } catch (error) {
        tools.onError(error);
      }
    });
  }

  /** Sends all who can be sent; until something changes because of which a server may have room, nobody else can. */
  function serve(): void {
    /** Worlds for which no server has room now. */
    const hopeless = new Set<string | undefined>();
    isOutdated = false;
    isOwed = false;
    for (const id of orderOf(line)) {
      const waiter = waiters.get(id);
      // The longest prefix names the world.
      const name = waiter?.world?.at(-1);
      if (!waiter || hopeless.has(name)) continue;
      const { server } = choose(waiter.world);
      if (!server) hopeless.add(name);
      else if (!waiter.request) isOwed = true;
      else {
        line = serveFrom(line, id);
        rate.record(performance.now());
        give(server);
        waiter.request.send({ type: 'grant', entry: server.entry });
      }
    }
  }

  /** What follows from a grant gives no server more room. */
  function give(server: ServerView): void {
    isGiving = true;
    try {
      grant(server);
    } finally {
      isGiving = false;
    }
  }

  function order(waiter: Waiter | undefined, type: 'stop' | 'crowdOut'): void {
    if (!waiter) return;
    waiter.order = type;
    line = leaveLine(line, waiter.id);
    waiter.request?.send({ type });
  }

  function refused(reason: RefusalReason): Placement {
    refuse(reason);
    return NONE_AVAILABLE;
  }

  async function ask(question: SessionQuestion): Promise<Placement> {
    if (isClosed) return refused('drained');
    // Who waits already is before it, but may wait for servers that would not run this world.
    if (isOutdated) serve();
    const choice = choose(question.world);
    if (choice.server && !isOwed) {
      give(choice.server);
      return { entry: choice.server.entry };
    }
    // Nobody waits for what will never come.
    if (!choice.server && choice.refusal === 'noneAllows') {
      refuse('noneAllows');
      return { refusal: 'noneAllows' };
    }
    if (lineLength(line) >= queueLength) {
      const crowdedOut = crowdedOutBy(line, question.address);
      if (crowdedOut === undefined) return refused('queueFull');
      order(waiters.get(crowdedOut), 'crowdOut');
    }
    return join(question);
  }

  return {
    get length() {
      return lineLength(line);
    },
    get hasPlace() {
      return !isClosed && lineLength(line) < queueLength;
    },
    has: (ticket) => tickets.has(ticket),
    ask,
    placeOf(ticket) {
      const id = tickets.get(ticket);
      const place = id === undefined ? undefined : placeOf(line, id);
      if (place === undefined) return undefined;
      const expected = rate.expectedWait(place, performance.now());
      return {
        place,
        length: lineLength(line),
        ...(expected !== undefined && { expectedWait: Math.round(expected / SECOND) }),
      };
    },
    changed() {
      if (!isGiving) serveSoon();
    },
    emptied: () => (waiters.size === 0 ? Promise.resolve() : new Promise((resolve) => emptyListeners.add(resolve))),
    async close() {
      isClosed = true;
      const held = [...waiters.values()];
      const answers = held.map(({ response }) => response.destroyed || once(response, 'close'));
      for (const waiter of held) order(waiter, 'stop');
      await Promise.race([Promise.all(answers), wait(LAST_WAIT, undefined, { ref: false })]);
    },
  };
}
