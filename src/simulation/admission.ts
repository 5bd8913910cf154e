import type { StartRequest } from '../../machines/client-session-types.ts';
import type { End } from '../../machines/end-reason.ts';
import { endOf, isExpected } from '../errors.ts';
import { checkRepository, type RepositoryPolicy } from '../projects/repository-policy.ts';
import { hostedUrl, parseWorldUrl } from '../projects/world-url.ts';
import type { Engine } from '../webots/engine.ts';

export interface AdmissionRules {
  readonly policy: RepositoryPolicy;
  readonly engine: Engine;
  /** Load of the latest sample, in percent: policies look at this one, not at the mean. */
  latestLoad(): number;
  /** What the machine lacks, see `Capacity`. */
  shortage(): End | undefined;
}

/** @returns undefined if the world may be started here and now, else the end that the refusal means */
export function checkAdmission(request: StartRequest, rules: AdmissionRules): End | undefined {
  try {
    const { hosts } = rules.policy;
    checkRepository(hostedUrl(request.url, hosts), rules.policy, rules.latestLoad());
    parseWorldUrl(request.url, hosts);
  } catch (error) {
    if (!isExpected(error)) throw error;
    return endOf(error);
  }
  if (!rules.engine.modes.includes(request.mode)) {
    return {
      reason: 'modeUnsupported',
      text: `Expected a mode that the ${rules.engine.name} engine streams (${rules.engine.modes.join(', ')}), got ${request.mode}.`,
    };
  }
  return rules.shortage();
}
