import type Router from 'koa-router';
import { pageOf } from './inspection/inspect-routes.ts';
import type { Inspector } from './inspection/inspector.ts';
import type { Logger, LogLevel } from './log.ts';
import type { EventStreamLimits } from './operations/event-stream.ts';
import { logLevelRoutes } from './operations/log-level-routes.ts';
import type { Assets } from './operations/page.ts';
import type { Predecessor } from './role.ts';

/** What either role may be given. */
export interface RoleOptions {
  readonly log: Logger;
  /** Where operators set the level of the log; without it they cannot. */
  readonly levels?: { level: LogLevel };
  /** What records the actors; without it there is no page `/inspect`. */
  readonly inspector?: Inspector;
  /** Whose port is taken over. */
  readonly predecessor?: Predecessor | undefined;
  /** Bounds that tests tighten. */
  readonly monitorLimits?: Partial<EventStreamLimits>;
}

/** What either role answers operators, and nobody else; undefined where its options do not want it. */
export interface OperatorRoutes {
  /** Answers `/inspect` and all below it. */
  readonly inspect: Router | undefined;
  /** Answers `/log-level` and all below it. */
  readonly logLevel: Router | undefined;
}

/**
 * @param config read whenever somebody asks
 * @param assets scripts and styles of the page; undefined for no page
 */
export function operatorRoutes(
  { log, levels, inspector }: Pick<RoleOptions, 'log' | 'levels' | 'inspector'>,
  config: { readonly adminToken?: string },
  assets: Assets | undefined,
): OperatorRoutes {
  const tools = {
    assets,
    log,
    get adminToken() {
      return config.adminToken;
    },
  };
  return { inspect: inspector && pageOf(inspector, tools), logLevel: levels && logLevelRoutes(levels, tools) };
}
