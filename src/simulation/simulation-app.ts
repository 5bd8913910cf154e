import Koa from 'koa';
import Router from 'koa-router';
import type { MonitorFacts } from './monitor-page.ts';
import { monitorPage } from './monitor-page.ts';

/** What `/load` answers while no client can be taken, in percent: above every threshold of a session server. */
export const FULL_LOAD = 100;

export interface SimulationAppFacts {
  /** Mean load in percent, or `FULL_LOAD` while no client can be taken. */
  load(): number;
  monitor(): MonitorFacts;
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
    ctx.type = 'text/html; charset=UTF-8';
    ctx.body = String(facts.load());
  });
  router.get('/monitor', (ctx) => {
    ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    ctx.type = 'text/html; charset=UTF-8';
    ctx.body = monitorPage(facts.monitor());
  });
  app.use(async (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.set('Cache-Control', 'no-store');
    try {
      await next();
    } catch (error) {
      facts.onError(error);
      ctx.status = 500;
      ctx.body = 'Internal error of the simulation server.';
    }
  });
  app.use(router.routes()).use(router.allowedMethods());
  return app;
}
