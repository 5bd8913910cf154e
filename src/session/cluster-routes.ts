import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import Router from 'koa-router';
import type { AnnouncedServer, ClusterOrder } from '../operations/cluster-call.ts';
import {
  CLOCK_DIFFERENCE,
  clockDifference,
  isSigned,
  isTimely,
  readSignature,
  type Signature,
} from '../operations/cluster-signature.ts';
import type { JoinedServers } from './joined-servers.ts';

/** Longest body in bytes: our choice; one has some dozens. */
const MAX_BODY = 1_024;

/** Signed calls in a second that are looked at: our choice, several times what `MOST_JOINED` servers need. */
export const MOST_CALLS = 100;
const SECOND = 1_000;

/** Longest entry in characters: that of a host name, and a port. */
const MAX_ENTRY = 260;

/** `host:port`, or `host/port` or `host:port/port` behind a proxy; an IPv6 address is in brackets. */
const ENTRY = /^(?:\[[\da-f:.]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?)(?::([1-9]\d{0,4}))?(?:\/([1-9]\d{0,4}))?$/i;
const LAST_PORT = 65_535;

const ORDERS: readonly ClusterOrder[] = ['join', 'leave', 'check'];

export interface ClusterRouteTools {
  readonly secret: string;
  /** Whether simulation servers are reached by wss and https. */
  readonly ssl: boolean;
  readonly joined: JoinedServers;
  /** Why nobody may join now. */
  problem(): string | undefined;
  /** Hears what became of each call that was signed. */
  onCall(order: ClusterOrder, isTaken: boolean): void;
  /** Milliseconds on a clock that is never set. */
  now?(): number;
}

/** A call that is not carried out. */
class RefusedCallError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Where simulation servers join and leave. Who does not know the secret costs one look at the headers, and is told 401. */
export function clusterRoutes(tools: ClusterRouteTools): Router {
  const router = new Router({ sensitive: true, strict: true });
  const { now = () => performance.now() } = tools;
  const isFrequent = createRateLimit(now);
  const lastCalls = createLastCalls(now);

  async function carryOut(order: ClusterOrder, signature: Signature, request: IncomingMessage): Promise<void> {
    if (!isTimely(signature)) throw new RefusedCallError(403, clockText(signature));
    if (isFrequent()) throw new RefusedCallError(429, `Expected at most ${MOST_CALLS} calls in a second.`);
    const body = await readBody(request);
    if (!isSigned(signature, body)) throw new RefusedCallError(401, '');
    const { entry, ssl } = readServer(body);
    if (ssl !== tools.ssl) {
      throw new RefusedCallError(409, `Expected \`ssl\` to be ${tools.ssl}, as the session server has it, got ${ssl}.`);
    }
    if (order === 'check') {
      const refusal = tools.problem() ?? tools.joined.refusal(entry);
      if (refusal !== undefined) throw new RefusedCallError(503, refusal);
      return;
    }
    if (!lastCalls.isNext(entry, signature.time)) {
      throw new RefusedCallError(409, 'Expected a later time than that of the call before.');
    }
    if (order === 'leave') return tools.joined.leave(entry);
    const refusal = tools.problem() ?? (await tools.joined.join(entry));
    if (refusal !== undefined) throw new RefusedCallError(503, refusal);
  }

  for (const order of ORDERS) {
    router.post(`/cluster/${order}`, async (ctx) => {
      const signature = readSignature(tools.secret, { method: 'POST', path: ctx.path }, ctx.get('Authorization'));
      if (!signature) return answer(ctx, 401);
      try {
        await carryOut(order, signature, ctx.req);
        tools.onCall(order, true);
        answer(ctx, 200);
      } catch (error) {
        if (!(error instanceof RefusedCallError)) throw error;
        tools.onCall(order, false);
        answer(ctx, error.status, error.message);
      }
    });
    router.all(`/cluster/${order}`, (ctx) => {
      ctx.set('Allow', 'POST');
      answer(ctx, 405);
    });
  }
  return router;
}

function answer(ctx: Context, status: number, text = ''): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  // A body that is not read is not waited for.
  if (status !== 200) ctx.set('Connection', 'close');
  ctx.type = 'text';
  ctx.body = text;
}

function clockText(signature: Signature): string {
  const seconds = Math.round(clockDifference(signature) / SECOND);
  const words = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`;
  return `Expected a clock that differs by at most ${CLOCK_DIFFERENCE / SECOND} s from that of the session server, got one that is ${words}.`;
}

/** Its time is bounded by the server. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new RefusedCallError(413, `Expected at most ${MAX_BODY} bytes, got more.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function readServer(body: string): AnnouncedServer {
  const { entry, ssl } = (parsed(body) ?? {}) as Partial<Record<keyof AnnouncedServer, unknown>>;
  const [, ...found] = (typeof entry === 'string' && entry.length <= MAX_ENTRY && ENTRY.exec(entry)) || [];
  const ports = found.filter((port) => port !== undefined);
  if (ports.length === 0 || ports.some((port) => Number(port) > LAST_PORT)) {
    throw new RefusedCallError(400, `Expected \`entry\` to be "host:port" or "host/port", got ${shown(entry)}.`);
  }
  if (typeof ssl !== 'boolean')
    throw new RefusedCallError(400, `Expected \`ssl\` to be true or false, got ${shown(ssl)}.`);
  return { entry: (entry as string).toLowerCase(), ssl };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new RefusedCallError(400, 'Expected a body in JSON.');
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, MAX_ENTRY);
}

/** Tells of each call whether there were too many in this second. */
function createRateLimit(now: () => number): () => boolean {
  let begin = Number.NEGATIVE_INFINITY;
  let calls = 0;
  return () => {
    if (now() - begin >= SECOND) {
      begin = now();
      calls = 0;
    }
    calls++;
    return calls > MOST_CALLS;
  };
}

/** Lets nobody repeat what a server has said: its calls come in the order of their times. */
function createLastCalls(now: () => number) {
  const times = new Map<string, { readonly time: number; readonly heardAt: number }>();
  return {
    isNext(entry: string, time: number): boolean {
      // What is older is not timely any more, whatever the two clocks say.
      for (const [known, { heardAt }] of times) if (now() - heardAt > 2 * CLOCK_DIFFERENCE) times.delete(known);
      const last = times.get(entry);
      if (last && time <= last.time) return false;
      times.set(entry, { time, heardAt: now() });
      return true;
    },
  };
}
