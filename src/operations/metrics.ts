import type { Context } from 'koa';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

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

/**
 * Adds a figure that is asked for whenever somebody asks for all of them.
 *
 * @param name without `PREFIX`
 */
export function addGauge(registry: Registry, name: string, help: string, figure: () => number): void {
  new Gauge({
    name: PREFIX + name,
    help,
    registers: [registry],
    collect() {
      this.set(figure());
    },
  });
}

/**
 * Adds how many there are of each kind, with the kind as a label.
 *
 * @param name without `PREFIX`
 * @param kinds those that are told also where there is none of them
 * @param found the kind of each that there is now
 */
export function addCounts(
  registry: Registry,
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  kinds: readonly string[],
  found: () => readonly string[],
): void {
  new Gauge({
    name: PREFIX + name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const kind of kinds) this.set({ [label]: kind }, 0);
      for (const kind of found()) this.inc({ [label]: kind });
    },
  });
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
