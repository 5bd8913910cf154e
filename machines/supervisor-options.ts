import type { AnyActorLogic } from 'xstate';
import type { ResolvedSpec, Rules } from './supervisor-state.ts';
import { type ChildSpec, SupervisorError, type SupervisorOptions } from './supervisor-types.ts';

/** OTP's default: one restart within the period. */
const DEFAULT_INTENSITY = 1;
/** In ms; OTP's default. */
const DEFAULT_PERIOD = 5_000;
/** In ms; OTP's default for workers. */
const DEFAULT_SHUTDOWN = 5_000;
/** OTP's backoff has no counterpart, so these are our choice: doubled each time, up to half a minute. */
const DEFAULT_BACKOFF = { factor: 2, max: 30_000 };

const supervisorLogics = new WeakSet<AnyActorLogic>();

/** Makes children with this logic known as supervisors. */
export function registerSupervisorLogic(logic: AnyActorLogic): void {
  supervisorLogics.add(logic);
}

export function isSupervisorLogic(logic: AnyActorLogic): boolean {
  return supervisorLogics.has(logic);
}

/**
 * The options with their defaults.
 *
 * @param name the supervisor's name in reports
 * @throws SupervisorError if a value is out of range
 */
export function resolveOptions(options: SupervisorOptions, name: string): Rules {
  const { strategy = 'oneForOne', shutdownOrder = 'reverse', backoff } = options;
  const { intensity = DEFAULT_INTENSITY, period = DEFAULT_PERIOD } = options;
  expectNumber('intensity', intensity, 0);
  expectNumber('period', period, 0);
  if (intensity === Infinity && !backoff) {
    throw new SupervisorError(
      'Expected `backoff` with an unlimited intensity, or a child that fails at once never rests',
    );
  }
  const rules = { name, strategy, shutdownOrder, intensity, period };
  if (!backoff) return { ...rules, backoff: undefined };

  const resolved = { ...DEFAULT_BACKOFF, resetAfter: period, ...backoff };
  expectNumber('backoff.initial', resolved.initial, 1);
  expectNumber('backoff.factor', resolved.factor, 1);
  expectNumber('backoff.max', resolved.max, 1);
  expectNumber('backoff.resetAfter', resolved.resetAfter, 0);
  return { ...rules, backoff: resolved };
}

/**
 * The spec with its defaults.
 *
 * @throws SupervisorError if `shutdown` is out of range
 */
export function resolveSpec(spec: ChildSpec): ResolvedSpec {
  const type = isSupervisorLogic(spec.src) ? 'supervisor' : 'worker';
  const { restart = 'permanent', shutdown = type === 'supervisor' ? Infinity : DEFAULT_SHUTDOWN } = spec;
  expectNumber(`shutdown of child '${spec.id}'`, shutdown, 0);
  return { ...spec, restart, shutdown, type };
}

function expectNumber(name: string, value: number, least: number): void {
  if (value >= least) return;
  throw new SupervisorError(`Expected ${name} to be a number of at least ${least}, got ${value}`);
}
