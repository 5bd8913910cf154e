import { fileURLToPath } from 'node:url';
import type { SessionConfig } from '../../src/config/session-config.ts';
import { startPages } from '../../src/web-assets/pages.ts';
import { startSession } from '../fixtures/session-server.ts';
import { startSimulationServer, type TestServerOptions } from '../fixtures/simulation-server.ts';

const EXAMPLES = 'https://github.com/webots-hub/examples';

/** A world that the stand-in for Webots runs. */
export const WORLD = `${EXAMPLES}/blob/main/worlds/marbles.wbt`;

/** Fast polls, so that the page shows soon what a test has done, and has some time for itself. */
const TIMINGS = { pollInterval: 150, probeTimeout: 5_000 };

export async function startSessionMonitor(servers: readonly string[], config: Partial<SessionConfig> = {}) {
  return startSession(servers, { pages: await startPages(), timings: TIMINGS, config });
}

export async function startSimulationMonitor({ config, ...options }: TestServerOptions = {}) {
  return startSimulationServer({
    assets: await startPages(),
    ...options,
    config: {
      allowedRepositories: [EXAMPLES],
      mirrors: { [EXAMPLES]: fileURLToPath(new URL('../../examples', import.meta.url)) },
      ...config,
    },
  });
}
