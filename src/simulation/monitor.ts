import type { Context } from 'koa';
import Router from 'koa-router';
import type { Registry } from 'prom-client';
import type { End } from '../../machines/end-reason.ts';
import type { LoadSample } from '../../machines/load-monitor.ts';
import { machineFacts } from '../load/machine-facts.ts';
import { sessionPage } from '../monitor/session-page.ts';
import { type MachineFacts, type ServerFacts, simulationDocument } from '../monitor/simulation-document.ts';
import type { TrustedProxies } from '../operations/client-address.ts';
import { drawingOf } from '../operations/drawings.ts';
import {
  answerWithEvents,
  EVENT_STREAM_LIMITS,
  EventStream,
  type EventStreamLimits,
} from '../operations/event-stream.ts';
import { readFormToken } from '../operations/form-token.ts';
import { answerMetrics } from '../operations/metrics.ts';
import { askerOf, createOperatorAccess, refuseStranger } from '../operations/operator-access.ts';
import { FACTS_POLICY } from '../operations/page.ts';
import type { IntakeControl } from './intake.ts';
import { createMonitorFeed, type FeedFacts, MOST_LISTED } from './monitor-feed.ts';
import type { SessionAccount } from './session-records.ts';
import { createSessionStreams } from './session-streams.ts';
import { createUsageMeter, type UsageMeterTools } from './usage-meter.ts';

const ENDED_BY_OPERATOR: End = {
  reason: 'endedByOperator',
  text: 'The operator of the simulation server ended the session.',
};

/** Of the machines of a session and its engine. */
const DRAWINGS = ['client-session', 'webots-process'];

const HTML = 'text/html; charset=UTF-8';

export interface MonitorTools extends Omit<FeedFacts, 'intake' | 'usageOf'>, Pick<UsageMeterTools, 'measure'> {
  /** Who sees the monitor, as in the configuration. */
  readonly audience: 'public' | 'token' | 'off';
  /** Read whenever somebody asks, as are `facts`. */
  readonly adminToken: string | undefined;
  readonly limits?: Partial<EventStreamLimits> | undefined;
  /** The proxies whose word on a viewer's address is taken. */
  readonly trusted: TrustedProxies;
  readonly facts: Omit<ServerFacts, 'machine'>;
  /** Figures for Prometheus, for whoever may see the monitor. */
  readonly metrics: Registry;
  account(id: string): SessionAccount | undefined;
  /** @returns whether there is such a session */
  endSession(id: string, end: End): boolean;
  readonly intake: IntakeControl;
  /** Hears what operators order. */
  onOrder(order: 'drain' | 'undrain' | 'end', session?: string): void;
  readonly onError: (error: unknown) => void;
}

/** The monitor of a simulation server: its pages, its streams, and what operators may order there. */
export interface Monitor {
  /** Answers `/monitor` and all below it. */
  readonly routes: Router;
  recordSample(sample: LoadSample): void;
  /** Something else than a sample is new. */
  changed(): void;
  /** A session has ended, of which this was known. */
  recordEnd(account: SessionAccount, end: End): void;
  /** Ends all streams. */
  close(): void;
}

export function createMonitor(tools: MonitorTools): Monitor {
  const { audience, limits, intake, account, endSession, onOrder, onError } = tools;
  const access = createOperatorAccess(() => tools.adminToken);
  const usageOf = (id: string) => meter.of(id);
  const feed = createMonitorFeed({ ...tools, usageOf, intake: () => intake.state });
  const sessionStreams = createSessionStreams({ account, usageOf, limits, onError });
  const streamFor = (isOperator: boolean) =>
    new EventStream(() => feed.message(isOperator), onError, limits, tools.trusted);
  const streams = { operators: streamFor(true), strangers: streamFor(false) };
  const meter = createUsageMeter({
    interval: limits?.interval ?? EVENT_STREAM_LIMITS.interval,
    measure: tools.measure,
    sessions: () => [...new Set([...tools.accounts(MOST_LISTED).map(({ id }) => id), ...sessionStreams.watched()])],
    isWatched: () => streams.operators.size > 0 || sessionStreams.size > 0,
    onMeasured() {
      streams.operators.changed();
      sessionStreams.changed();
    },
    onError,
  });
  let machine: MachineFacts = { system: '…', cpu: '…', gpu: '…', memory: '…' };
  void machineFacts().then((found) => {
    machine = found;
  });
  const refuse = (ctx: Context) => refuseStranger(ctx, access);
  const isOperator = (ctx: Context) => access.isOperator(askerOf(ctx));
  // Paths are taken to the letter: the addresses on the pages are relative to them.
  const routes = new Router({ sensitive: true, strict: true });

  routes.use(async (ctx, next) => {
    ctx.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': FACTS_POLICY,
      // Names the origin to this server, which must know from where an order comes, and nothing to others.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    });
    if (audience === 'off') return;
    if (audience === 'token' && ctx.method !== 'POST' && !isOperator(ctx)) return refuse(ctx);
    await next();
  });
  routes.get('/monitor', (ctx) => {
    // Only a challenge makes browsers ask for the token.
    if (ctx.querystring === 'operator' && !isOperator(ctx)) return refuse(ctx);
    if (isOperator(ctx)) meter.wake();
    ctx.type = HTML;
    ctx.body = simulationDocument({
      facts: { ...tools.facts, machine },
      message: feed.message(isOperator(ctx)),
      history: feed.history.history,
      hasToken: access.hasToken,
    });
  });
  routes.get('/monitor/events', (ctx) => {
    if (isOperator(ctx)) meter.wake();
    answerWithEvents(ctx, isOperator(ctx) ? streams.operators : streams.strangers);
  });
  routes.get('/metrics', (ctx) => answerMetrics(ctx, tools.metrics));
  routes.get('/monitor/history', (ctx) => {
    ctx.body = feed.history;
  });
  routes.get('/monitor/sessions/:id', async (ctx) => {
    if (!isOperator(ctx)) return refuse(ctx);
    meter.wake();
    // Without its drawings the page says as much, and can be used.
    const [session, engine] = await Promise.all(DRAWINGS.map((file) => drawingOf(file).catch(() => '')));
    const found = sessionStreams.message(ctx.params.id ?? '');
    ctx.status = found ? 200 : 404;
    ctx.type = found ? HTML : 'text';
    ctx.body = found ? sessionPage(found, { session: session ?? '', engine: engine ?? '' }) : 'This session has ended.';
  });
  routes.get('/monitor/sessions/:id/events', (ctx) => {
    if (!isOperator(ctx)) return refuse(ctx);
    meter.wake();
    sessionStreams.answer(ctx, ctx.params.id ?? '');
  });
  routes.post(['/monitor/drain', '/monitor/undrain', '/monitor/sessions/:id/end'], async (ctx, next) => {
    if (access.mayOrder(askerOf(ctx), await readFormToken(ctx.req))) await next();
    else refuse(ctx);
  });
  for (const order of ['drain', 'undrain'] as const) {
    routes.post(`/monitor/${order}`, (ctx) => {
      intake[order]();
      onOrder(order);
      leadTo(ctx, '../monitor');
    });
  }
  routes.post('/monitor/sessions/:id/end', (ctx) => {
    const id = ctx.params.id ?? '';
    if (!endSession(id, ENDED_BY_OPERATOR)) return;
    onOrder('end', id);
    leadTo(ctx, '../../../monitor');
  });

  function changed(): void {
    streams.operators.changed();
    streams.strangers.changed();
  }

  function leadTo(ctx: Context, path: string): void {
    changed();
    ctx.status = 303;
    // Relative, because a proxy may have put the server behind a path.
    ctx.set('Location', path);
    ctx.body = '';
  }

  return {
    routes,
    changed,
    recordSample(sample) {
      feed.recordSample(sample);
      changed();
    },
    recordEnd: sessionStreams.end,
    close() {
      meter.close();
      sessionStreams.close();
      streams.operators.close();
      streams.strangers.close();
    },
  };
}
