import type { End } from '../../machines/end-reason.ts';

/** Where a session comes from, and what it runs. */
export interface SessionOrigin {
  /** What `addressOf` says; stays here. */
  readonly address: string;
  /** What `repositoryOf` says. */
  readonly repository: string;
}

export interface SessionLimitsOptions {
  /** Most sessions of one address that have a place or wait for one; 0 for no limit. */
  readonly maxSessionsPerAddress: number;
  /** … of one repository. */
  readonly maxSessionsPerRepository: number;
}

/** Counts sessions by address and by repository. */
export interface SessionLimits {
  /** Why one more session of this origin would be one too many, or undefined. */
  refusal(origin: SessionOrigin): End | undefined;
  add(id: string, origin: SessionOrigin): void;
  remove(id: string): void;
}

export function createSessionLimits({
  maxSessionsPerAddress,
  maxSessionsPerRepository,
}: SessionLimitsOptions): SessionLimits {
  const origins = new Map<string, SessionOrigin>();
  const isReached = (limit: number, key: keyof SessionOrigin, value: string) =>
    limit > 0 && [...origins.values()].filter((origin) => origin[key] === value).length >= limit;

  return {
    refusal({ address, repository }) {
      if (isReached(maxSessionsPerAddress, 'address', address)) {
        return {
          reason: 'addressLimitReached',
          text: `Too many simulations of one address: the simulation server serves ${maxSessionsPerAddress} at most.`,
        };
      }
      if (isReached(maxSessionsPerRepository, 'repository', repository)) {
        return {
          reason: 'repositoryLimitReached',
          text: `Too many simulations of one repository: the simulation server serves ${maxSessionsPerRepository} at most.`,
        };
      }
      return undefined;
    },
    add: (id, origin) => void origins.set(id, origin),
    remove: (id) => void origins.delete(id),
  };
}
