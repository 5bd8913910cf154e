import Koa, { type Context } from 'koa';
import Router from 'koa-router';
import type { Registry } from 'prom-client';
import { addressOf } from '../operations/address-key.ts';
import { answerAsset } from '../operations/answer-asset.ts';
import type { TrustedProxies } from '../operations/client-address.ts';
import { answerWithEvents, type EventStream } from '../operations/event-stream.ts';
import { answerHealth, answerMetrics } from '../operations/metrics.ts';
import type { Page } from '../operations/page.ts';
import type { Choice, ServerView } from './choose-server.ts';
import { type Pages, PLAIN_PAGES } from './pages.ts';
import type { SessionQueue } from './queue.ts';
import { type WorldPrefixes, worldOf } from './repository-standing.ts';

/** Longest path and query of a request, in characters: our choice; `/session?url=` and a long world URL fit. */
const MAX_URL_LENGTH = 8_192;

/** As the Python session server spells it; clients of old compare nothing, proxies may. */
const HTML = 'text/html; charset=UTF-8';
const TEXT = 'text/plain; charset=UTF-8';

/** The words after `Error:` are shown to the user by every web client. */
const REFUSALS = {
  noneAvailable: 'Error: no simulation server available at the moment.',
  noneAllows: 'Error: no simulation server here runs worlds of this repository.',
  allAway: 'Error: the simulation servers for this repository are away at the moment.',
} as const;

const METHODS = 'GET, HEAD, OPTIONS';

const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'x-requested-with',
  'Access-Control-Allow-Methods': METHODS,
};

/** What a client may call the place in the line that it asks for: nobody else is to guess it. */
const TICKET = /^[\w-]{16,64}$/;

/** Where the answers come from; nothing here may wait but `queue`. */
export interface SessionAppFacts {
  /** Whether simulation servers are reached by wss. */
  readonly ssl: boolean;
  /** The bit that watchers have been told. */
  isAvailable(): boolean;
  /** The server that a client would be sent to now for this world, or for no world in particular. */
  choose(world: WorldPrefixes | undefined): Choice;
  /** Counts a client as sent to this server. */
  grant(server: ServerView): void;
  /** Counts a client for whom there is no server. */
  refuse(reason: keyof typeof REFUSALS): void;
  /** The proxies whose word on a client's address is taken. */
  readonly trusted: TrustedProxies;
  /** Holds the questions of clients for whom there is no server; without it they are refused at once. */
  readonly queue?: SessionQueue | undefined;
  /** Mean load in percent as text. */
  loadText(): string;
  monitorPage(): Page;
  readonly metrics: Registry;
  /** Why nobody is given a server, undefined while clients may be. */
  problem(): string | undefined;
  readonly monitorEvents: EventStream;
  /** Answers `/inspect` and all below it. */
  readonly inspect?: Router | undefined;
  /** Answers `/log-level` and all below it. */
  readonly logLevel?: Router | undefined;
  /** Answers simulation servers that join; undefined where none may. */
  readonly cluster?: Router | undefined;
  readonly pages?: Pages;
  /** Hears what no route expected to be thrown. */
  onError(error: unknown): void;
}

/** Everything that a session server answers over HTTP. */
export function sessionApp({ pages = PLAIN_PAGES, ...facts }: SessionAppFacts): Koa {
  // Paths are taken to the letter, as the Python session server does.
  const router = new Router({ sensitive: true, strict: true });

  const { queue } = facts;

  router.get('/session', async (ctx) => {
    const world = worldOf(ctx.querystring);
    if (queue && ctx.method === 'GET') return answerInTurn(ctx, queue, world);
    const choice = facts.choose(world);
    const { server } = choice;
    // HEAD asks what GET would say; it takes nothing.
    if (ctx.method === 'GET') {
      if (server) facts.grant(server);
      else facts.refuse(choice.refusal);
    }
    answer(ctx, { body: server ? addressOfServer(server.entry) : REFUSALS[choice.refusal], type: HTML });
  });
  if (queue) {
    router.get('/queue/:ticket', (ctx) => {
      const place = queue.placeOf(ctx.params.ticket ?? '');
      ctx.set('Cache-Control', 'no-store');
      ctx.status = place ? 200 : 404;
      ctx.body = place ?? { error: 'Nobody with this ticket waits here.' };
    });
    router.options('/queue/:ticket', allowReading);
  }
  router.get('/load', (ctx) => answer(ctx, { body: facts.loadText(), type: HTML }));
  router.get('/monitor', (ctx) => answer(ctx, facts.monitorPage()));
  router.get('/monitor/events', (ctx) => answerWithEvents(ctx, facts.monitorEvents));
  router.get('/metrics', (ctx) => answerMetrics(ctx, facts.metrics));
  router.get('/health/live', (ctx) => answerHealth(ctx));
  router.get('/health/ready', (ctx) => answerHealth(ctx, facts.problem()));
  router.get('/', (ctx) => {
    ctx.vary('Accept');
    const isBrowser = ctx.accepts().includes('text/html');
    answer(ctx, isBrowser ? pages.start() : { body: facts.isAvailable() ? '1' : '0', type: TEXT });
  });
  for (const path of ['/', '/session', '/load', '/monitor', '/monitor/events']) router.options(path, allowReading);

  function addressOfServer(entry: string): string {
    return `${facts.ssl ? 'wss' : 'ws'}://${entry}`;
  }

  async function answerInTurn(ctx: Context, queue: SessionQueue, world: WorldPrefixes | undefined): Promise<void> {
    const ticket = new URLSearchParams(ctx.querystring).get('ticket') ?? undefined;
    const mistake = ticket === undefined ? undefined : mistakeIn(ticket, queue);
    if (mistake !== undefined) {
      ctx.status = 400;
      ctx.set({ 'Content-Type': HTML, 'Cache-Control': 'no-store' });
      ctx.body = `Error: ${mistake}`;
      return;
    }
    const address = addressOf(ctx.req, facts.trusted);
    const placement = await queue.ask({ response: ctx.res, address, world, ticket });
    const { entry } = placement;
    answer(ctx, { body: entry === undefined ? REFUSALS[placement.refusal] : addressOfServer(entry), type: HTML });
  }

  const app = new Koa();
  // An unexpected error is told to `onError`; a client that breaks off is none.
  app.silent = true;
  app.use(async (ctx, next) => {
    ctx.set(CORS_HEADERS);
    ctx.set('X-Content-Type-Options', 'nosniff');
    if (ctx.url.length > MAX_URL_LENGTH) {
      ctx.status = 414;
      return;
    }
    try {
      await next();
    } catch (error) {
      facts.onError(error);
      ctx.status = 500;
      ctx.body = 'Internal error of the session server.';
    }
  });
  for (const routes of [facts.cluster, facts.inspect, facts.logLevel]) if (routes) app.use(routes.routes());
  app.use(router.routes());
  app.use((ctx) => {
    // What has a route but came here has the wrong method; what a router does for all its routes is none.
    if (ctx.matched?.some(({ methods }: { readonly methods: readonly string[] }) => methods.length > 0))
      refuseMethod(ctx);
    else answerOther(ctx, pages);
  });
  return app;
}

function mistakeIn(ticket: string, queue: SessionQueue): string | undefined {
  if (!TICKET.test(ticket)) return 'Expected a ticket of 16 to 64 letters, digits, - and _.';
  return queue.has(ticket) ? 'Expected a ticket that nobody waits with yet.' : undefined;
}

function answerOther(ctx: Context, pages: Pages): void {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') answerAsset(ctx, pages);
  else if (!pages.asset(ctx.path)) return;
  else if (ctx.method === 'OPTIONS') allowReading(ctx);
  else refuseMethod(ctx);
}

function refuseMethod(ctx: Context): void {
  ctx.status = 405;
  ctx.set('Allow', METHODS);
}

function allowReading(ctx: Context): void {
  ctx.status = 204;
  ctx.set('Allow', METHODS);
}

function answer(ctx: Context, { body, type, headers = {} }: Page): void {
  ctx.status = 200;
  ctx.set({ 'Content-Type': type, 'Cache-Control': 'no-store', ...headers });
  ctx.body = body;
  if (ctx.fresh) ctx.status = 304;
}
