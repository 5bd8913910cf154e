import type { Context } from 'koa';
import type { End } from '../../machines/end-reason.ts';
import type { SessionPageMessage } from '../monitor/messages.ts';
import {
  answerWithEvents,
  EVENT_STREAM_LIMITS,
  EventStream,
  type EventStreamLimits,
} from '../operations/event-stream.ts';
import type { SessionAccount } from './session-records.ts';
import type { Usage } from './usage-meter.ts';

/** Ended sessions whose last message is kept for pages that lost their connection meanwhile: our choice. */
const MOST_ENDED = 20;

export interface SessionStreamTools {
  account(id: string): SessionAccount | undefined;
  usageOf(id: string): Usage | undefined;
  readonly limits?: Partial<EventStreamLimits> | undefined;
  readonly onError: (error: unknown) => void;
}

/** The events of sessions that somebody watches, each made once for all who do. */
export interface SessionStreams {
  /** Sessions that somebody watches. */
  readonly size: number;
  /** Ids of the sessions whose pages are open. */
  watched(): readonly string[];
  /** What the session's page shows; undefined for one that ended long ago, or never was. */
  message(id: string): SessionPageMessage | undefined;
  answer(ctx: Context, id: string): void;
  /** There is something to tell of all of them. */
  changed(): void;
  /** Tells the end to who watches the session, and ends their streams. */
  end(account: SessionAccount, end: End): void;
  close(): void;
}

export function createSessionStreams({ account, usageOf, limits, onError }: SessionStreamTools): SessionStreams {
  const streams = new Map<string, EventStream>();
  const ended = new Map<string, SessionPageMessage>();

  function message(id: string): SessionPageMessage | undefined {
    const found = account(id);
    return found ? messageOf(found, usageOf(id), undefined) : ended.get(id);
  }

  function forgetUnwatched(): void {
    for (const [id, stream] of streams) if (stream.size === 0) streams.delete(id);
  }

  return {
    watched: () => [...streams].flatMap(([id, { size }]) => (size > 0 ? [id] : [])),
    get size() {
      forgetUnwatched();
      return streams.size;
    },
    message,
    answer(ctx, id) {
      forgetUnwatched();
      const watchers = [...streams.values()].reduce((sum, { size }) => sum + size, 0);
      if (!message(id)) {
        ctx.status = 404;
      } else if (watchers >= { ...EVENT_STREAM_LIMITS, ...limits }.viewers) {
        ctx.status = 503;
      } else {
        const stream = streams.get(id) ?? new EventStream(() => message(id), onError, limits);
        answerWithEvents(ctx, stream);
        if (account(id)) streams.set(id, stream);
        else stream.close();
      }
    },
    changed() {
      for (const stream of streams.values()) stream.changed();
    },
    end(found, end) {
      // Whoever has asked for nothing is not worth a page, and there may be many.
      if (found.request) ended.set(found.id, messageOf(found, undefined, end));
      const [oldest] = ended.keys();
      if (ended.size > MOST_ENDED && oldest !== undefined) ended.delete(oldest);
      streams.get(found.id)?.finish();
      streams.delete(found.id);
    },
    close() {
      for (const stream of streams.values()) stream.close();
      streams.clear();
    },
  };
}

function messageOf(account: SessionAccount, usage: Usage | undefined, end: End | undefined): SessionPageMessage {
  const { id, number, request, client, port, startedAt, startedOn, endsAt, lit } = account;
  const { stdout = '', stderr = '' } = account.output() ?? {};
  return {
    now: performance.now(),
    time: new Date().toISOString(),
    id,
    number,
    url: request?.url ?? null,
    mode: request?.mode ?? null,
    client: client ?? null,
    port: port ?? null,
    startedAt,
    startedOn,
    endsAt: endsAt ?? null,
    usage: usage ?? null,
    end: end ? { reason: end.reason, text: end.text } : null,
    lit: { session: lit.session ?? null, engine: lit.engine ?? null },
    transitions: account.transitions,
    transitionsLeftOut: account.transitionsLeftOut,
    messages: account.messages,
    messagesLeftOut: account.messagesLeftOut,
    stdout,
    stderr,
  };
}
