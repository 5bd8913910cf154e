import { type Intake, type ServerStatus, toldRules } from '../monitor/server-status.ts';
import { isSignedNow } from '../operations/cluster-signature.ts';
import { packageVersion } from '../package-root.ts';
import type { RepositoryPolicy } from '../projects/repository-policy.ts';

export interface StatusFacts {
  readonly policy: RepositoryPolicy & { readonly maxConnections: number };
  /** Who sees the monitor, as in the configuration. */
  readonly audience: 'public' | 'token' | 'off';
  /** By which a session server shows that it may be told whatever the audience is. */
  readonly clusterSecret: string | undefined;
  /** What runs worlds, in words. */
  readonly engine: string;
  running(): number;
  /** Sessions that wait for a place. */
  queued(): number;
  intake(): Intake;
}

/**
 * What the server says of itself, to session servers and to whoever may see the monitor.
 *
 * @returns a function of the header `Authorization`; undefined where that tells of nobody who may know
 */
export function createStatus(facts: StatusFacts): (authorization: string) => ServerStatus | undefined {
  const { policy, audience, clusterSecret, engine } = facts;
  const unchanging = {
    version: packageVersion(),
    platform: `${process.platform} ${process.arch}`,
    engine,
    capacity: policy.maxConnections,
  };
  // Read each time: what the configuration has may change.
  const repositories = () =>
    toldRules({
      allowed: policy.allowedRepositories ?? [],
      blocked: policy.blockedRepositories,
      shareIdleTime: policy.shareIdleTime,
      docker: policy.docker,
    });
  return (authorization) => {
    const isKnown = () => isSignedNow(clusterSecret, { method: 'GET', path: '/status' }, authorization);
    if (audience !== 'public' && !isKnown()) return undefined;
    return {
      ...unchanging,
      repositories: repositories(),
      running: facts.running(),
      queued: facts.queued(),
      intake: facts.intake(),
    };
  };
}
