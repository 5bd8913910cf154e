import { EXAMPLE_WORLD } from '../client/index.ts';
import { Breakage } from '../client/try/breakage.ts';
import { play } from '../client/try/play.ts';
import type { Teller } from '../client/try/report.ts';
import type { SessionConfig } from '../config/session-config.ts';
import type { SimulationConfig } from '../config/simulation-config.ts';
import { serverUrl } from '../operations/public-url.ts';
import { outwardConnections } from '../outward-fetch.ts';
import { type Check, type Finding, failure, fine, warning } from './finding.ts';
import { isOurs } from './own-server.ts';
import { startTemporaryServers } from './temporary-servers.ts';

/** How long the world runs, in seconds: as long as `npm run try` has it. */
const SECONDS = 5;

/** Longest time for all of it, in ms: our choice; a session alone takes some seconds. */
const PATIENCE = 120_000;

const WHAT = 'round trip';

const ADVICE =
  'docs/deployment has files for proxies; `server`, `ssl` and `portRewrite` say how the public address is made';

/** What session and simulation servers say where a world is of a repository that may not run. */
const NOT_ALLOWED = /runs worlds of this repository|repositories outside of/;

/**
 * Plays a web client from the public address of the session server to a stream that moves, and sees that nothing is
 * left: what is between browsers and servers, proxies and certificates, lets it all through.
 *
 * Servers that run are used as they are; else both are started for it, with the embedded engine and the bundled
 * example, where this machine is to have both.
 *
 * @param world that is played where servers run
 */
export function roundTripCheck(session: SessionConfig, simulation: SimulationConfig | undefined, world: string): Check {
  return {
    what: WHAT,
    async look() {
      if (await isOurs(session)) return playThrough(session, world);
      if (!simulation) return [warning(WHAT, 'not tried, because the session server does not run', 'start it first')];
      await using servers = await startTemporaryServers(session, simulation);
      const findings = await playThrough(session, EXAMPLE_WORLD);
      // One that joins by itself need not be named.
      const isListed = session.simulationServers.includes(servers.entry) || simulation.sessionServers.length > 0;
      if (isListed) return findings;
      const found = `\`simulationServers\` does not name ${servers.entry}, which is the simulation server here`;
      return [...findings, warning(WHAT, found, 'name it as clients reach it, unless it is for other machines alone')];
    },
  };
}

async function playThrough(session: SessionConfig, world: string): Promise<Finding[]> {
  const url = publicUrl(session);
  const last = new Map<string, string>();
  const report: Teller = { tell: (name, detail) => void last.set(name, detail) };
  try {
    await play(
      { session: url, world, seconds: SECONDS },
      report,
      AbortSignal.timeout(PATIENCE),
      await outwardConnections(),
    );
    return [fine(WHAT, `a simulation was seen through ${url}: ${last.get('ran')}`)];
  } catch (error) {
    if (!(error instanceof Breakage)) throw error;
    if (NOT_ALLOWED.test(error.message)) {
      const advice = 'name a world that may run there: --world URL';
      return [failure(WHAT, `${url} answers, but ${world} may not run there`, advice)];
    }
    const stream = last.get('opening');
    return [
      failure(WHAT, `${url}: ${error.message}`, `${error.advice} ${stream ? `Stream: ${stream}. ` : ''}${ADVICE}`),
    ];
  }
}

/** Where browsers find the session server: behind a proxy that rewrites ports, all that has no port leads to it. */
function publicUrl(session: SessionConfig): string {
  if (!session.portRewrite) return serverUrl(session, session.port);
  return `${session.ssl ? 'https' : 'http'}://${session.server}`;
}
