import Router from 'koa-router';
import { LOG_LEVELS, type Logger, type LogLevel } from '../log.ts';
import { readFormToken } from './form-token.ts';
import { askerOf, createOperatorAccess, refuseStranger } from './operator-access.ts';

export interface LogLevelTools {
  /** Read whenever somebody asks. */
  readonly adminToken: string | undefined;
  readonly log: Logger;
}

/**
 * `GET /log-level` answers the level, `POST /log-level/LEVEL` sets it; for operators only.
 *
 * @param levels whose level is read and set
 */
export function logLevelRoutes(levels: { level: LogLevel }, tools: LogLevelTools): Router {
  const access = createOperatorAccess(() => tools.adminToken);
  const routes = new Router({ sensitive: true, strict: true });

  routes.get('/log-level', (ctx) => {
    if (!access.isOperator(askerOf(ctx))) return refuseStranger(ctx, access);
    ctx.set('Cache-Control', 'no-store');
    ctx.type = 'text';
    ctx.body = `${levels.level}\n`;
  });
  routes.post('/log-level/:level', async (ctx) => {
    if (!access.mayOrder(askerOf(ctx), await readFormToken(ctx.req))) return refuseStranger(ctx, access);
    const level = LOG_LEVELS.find((name) => name === ctx.params.level);
    ctx.status = level ? 200 : 400;
    ctx.type = 'text';
    ctx.body = level ? `${level}\n` : `Expected a level out of ${LOG_LEVELS.join(', ')}.\n`;
    if (!level) return;
    const before = levels.level;
    const tell = () => tools.log.info({ order: `log-level ${level}`, before }, 'ordered by the operator');
    // Told while it can be: before the log falls silent, or after it has begun to speak.
    tell();
    levels.level = level;
    if (before === 'warn' || before === 'error') tell();
  });
  return routes;
}
