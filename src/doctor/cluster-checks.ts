import type { SimulationConfig } from '../config/simulation-config.ts';
import { callSessionServer } from '../operations/cluster-call.ts';
import { createSigner } from '../operations/cluster-signature.ts';
import { serverEntry } from '../operations/public-url.ts';
import { type Check, failure, fine } from './finding.ts';

/** Longest wait for an answer, in ms: that of a server that joins. */
const PATIENCE = 5_000;

/** Whether each session server that this simulation server joins would list it; nothing is changed there. */
export function sessionServerChecks(config: SimulationConfig): readonly Check[] {
  const { sessionServers, clusterSecret = '', ssl, port } = config;
  const server = { entry: serverEntry(config, port), ssl };
  return sessionServers.map((url) => ({
    what: hostOf(url),
    async look() {
      const signal = AbortSignal.timeout(PATIENCE);
      try {
        await callSessionServer(url, 'check', server, createSigner(clusterSecret), signal);
        return [fine(hostOf(url), `session server that lists this one as ${server.entry} when it joins`)];
      } catch (error) {
        const advice = `see that ${url} is the address of a session server, and that \`clusterSecret\` and \`ssl\` are the same here and there`;
        return [failure(hostOf(url), `does not take this server: ${(error as Error).message}`, advice)];
      }
    },
  }));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
