import Router from 'koa-router';
import type { Logger } from '../log.ts';
import { readFormToken } from '../operations/form-token.ts';
import { askerOf, createOperatorAccess, refuseStranger } from '../operations/operator-access.ts';
import { type Assets, FACTS_POLICY } from '../operations/page.ts';
import { machineExports } from './exports.ts';
import type { Inspector } from './inspector.ts';
import { type InspectionSource, liveSource } from './parts.ts';

/** The page as it is among the assets. */
const PAGE = '/pages/web/inspect.html';

/** File name that browsers propose for what was recorded. */
const FILE_NAME = 'webots-hub-recording.json';

export interface InspectRouteTools {
  readonly source: InspectionSource;
  readonly assets: Assets;
  /** Read whenever somebody asks. */
  readonly adminToken: string | undefined;
  /** Switches the recording on or off; undefined where it is one that was made before. */
  readonly turn?: ((order: 'on' | 'off') => void) | undefined;
}

export interface PageTools {
  readonly assets: Assets | undefined;
  /** Read whenever somebody asks. */
  readonly adminToken: string | undefined;
  readonly log: Logger;
}

/** The page of a running system; none where there are no assets. */
export function pageOf(inspector: Inspector, tools: PageTools): Router | undefined {
  const { assets, log } = tools;
  if (!assets) return undefined;
  return inspectRoutes({
    source: liveSource(inspector),
    assets,
    get adminToken() {
      return tools.adminToken;
    },
    turn(order) {
      log.info({ order: `inspect ${order}` }, 'ordered by the operator');
      if (order === 'on') inspector.turnOn();
      else inspector.turnOff();
    },
  });
}

/** Answers `/inspect` and all below it, to operators only. */
export function inspectRoutes(tools: InspectRouteTools): Router {
  const { source, assets, turn } = tools;
  const access = createOperatorAccess(() => tools.adminToken);
  // Paths are taken to the letter: the addresses on the page are relative to them.
  const routes = new Router({ sensitive: true, strict: true });

  routes.use(async (ctx, next) => {
    // What operators see is for no page of another server.
    for (const name of ['Origin', 'Headers', 'Methods']) ctx.remove(`Access-Control-Allow-${name}`);
    ctx.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': FACTS_POLICY,
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    });
    if (ctx.method !== 'POST' && !access.isOperator(askerOf(ctx))) return refuseStranger(ctx, access);
    await next();
  });
  routes.get('/inspect', (ctx) => {
    const page = assets.asset(PAGE);
    if (!page) return;
    ctx.type = page.type;
    ctx.body = page.body;
  });
  routes.get('/inspect/part', (ctx) => {
    const { after, of } = ctx.query;
    ctx.type = 'json';
    ctx.body = source.part({ after: Number(after) || 0, of: typeof of === 'string' ? of : undefined });
  });
  routes.get('/inspect/recording', (ctx) => {
    ctx.type = 'json';
    ctx.set('Content-Disposition', `attachment; filename="${FILE_NAME}"`);
    ctx.body = source.whole();
  });
  routes.get('/inspect/charts/:name', async (ctx) => {
    const { charts } = await machineExports();
    const drawing = charts.get(ctx.params.name ?? '');
    if (drawing === undefined) return;
    ctx.type = 'image/svg+xml';
    ctx.body = drawing;
  });
  routes.post(['/inspect/on', '/inspect/off'], async (ctx) => {
    if (!access.mayOrder(askerOf(ctx), await readFormToken(ctx.req))) return refuseStranger(ctx, access);
    if (!turn) return;
    turn(ctx.path.endsWith('/on') ? 'on' : 'off');
    ctx.status = 303;
    // Relative, because a proxy may have put the server behind a path.
    ctx.set('Location', '../inspect');
    ctx.body = '';
  });

  return routes;
}
