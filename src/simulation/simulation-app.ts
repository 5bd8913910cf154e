import Koa from 'koa';
import Router from 'koa-router';
import type { ServerStatus } from '../monitor/server-status.ts';
import { answerAsset } from '../operations/answer-asset.ts';
import { answerHealth } from '../operations/metrics.ts';
import type { Assets } from '../operations/page.ts';

/** What `/load` answers while no client can be taken, in percent: above every threshold of a session server. */
export const FULL_LOAD = 100;

/** Where the monitor's scripts and styles are. */
const ASSETS = '/pages/web/';

export interface SimulationAppFacts {
  /** Mean load in percent, or `FULL_LOAD` while no client can be taken. */
  load(): number;
  /**
   * What the server says of itself; undefined where that is not for who asks.
   *
   * @param authorization the header of this name
   */
  status(authorization: string): ServerStatus | undefined;
  /** Why the server takes nobody, undefined while it does; full is none, because room comes by itself. */
  problem(): string | undefined;
  /** Answers `/monitor` and all below it. */
  readonly monitor: Router;
  /** Answers `/inspect` and all below it. */
  readonly inspect?: Router | undefined;
  /** Answers `/log-level` and all below it. */
  readonly logLevel?: Router | undefined;
  /** Undefined where nobody may see the monitor. */
  readonly assets: Assets | undefined;
  /** Hears what no route expected to be thrown. */
  onError(error: unknown): void;
}

/** The pages of a simulation server for session servers and people: `/load` and `/monitor`. */
export function simulationApp(facts: SimulationAppFacts): Koa {
  const app = new Koa();
  // An unexpected error is told to `onError`; a client that breaks off is none.
  app.silent = true;
  const router = new Router();
  router.get('/load', (ctx) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.type = 'text/html; charset=UTF-8';
    ctx.body = String(facts.load());
  });
  router.get('/health/live', (ctx) => answerHealth(ctx));
  router.get('/health/ready', (ctx) => answerHealth(ctx, facts.problem()));
  router.get('/status', (ctx) => {
    const status = facts.status(ctx.get('Authorization'));
    if (status) ctx.body = status;
  });
  router.get(/^\/pages\/web\//, (ctx) => {
    if (ctx.path.startsWith(ASSETS)) answerAsset(ctx, facts.assets);
  });
  app.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
    } catch (error) {
      facts.onError(error);
      ctx.status = 500;
      ctx.body = 'Internal error of the simulation server.';
    }
  });
  for (const routes of [router, facts.monitor, facts.inspect, facts.logLevel])
    if (routes) app.use(routes.routes()).use(routes.allowedMethods());
  return app;
}
