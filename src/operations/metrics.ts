import type { Context } from 'koa';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** What figures of this program are named after. */
export const PREFIX = 'webots_hub_';

/** Sums of prom-client that are named like counters, which `promtool check metrics` refuses; the figures that they sum stay. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The figures of one role, with those of its process: processor, memory, delay of the event loop. */
export function createMetrics(role: 'session' | 'simulation'): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  return registry;
}

export async function answerMetrics(ctx: Context, registry: Registry): Promise<void> {
  ctx.set('Cache-Control', 'no-store');
  ctx.type = registry.contentType;
  ctx.body = await registry.metrics();
}

/**
 * Answers whether a server can do its work now.
 *
 * @param problem why it cannot
 */
export function answerHealth(ctx: Context, problem?: string): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.status = problem === undefined ? 200 : 503;
  ctx.type = 'text';
  ctx.body = problem ?? 'ok';
}
