import { fileURLToPath } from 'node:url';
import { type HubProgram, startHubProgram } from '../fixtures/hub-program.ts';
import { type ProxyKind, type ReverseProxy, startReverseProxy } from '../fixtures/reverse-proxy.ts';

const EXAMPLES = 'https://github.com/webots-hub/examples';
const FOLDER = fileURLToPath(new URL('../../examples', import.meta.url));

/** What operators of the servers show. */
export const ADMIN_TOKEN = 'correct-horse-battery';

/** The whole program behind a proxy, with the bundled example and the embedded engine. */
export interface PublicHub extends AsyncDisposable {
  /** Public address of the session server. */
  readonly url: string;
  /** Public address of the simulation server's own pages. */
  readonly simulationUrl: string;
  readonly proxy: ReverseProxy;
  readonly program: HubProgram;
}

export async function startPublicHub(kind: ProxyKind): Promise<PublicHub> {
  const proxy = await startReverseProxy(kind);
  const server = `localhost:${proxy.port}`;
  const address = { server, ssl: true, portRewrite: true };
  try {
    const program = await startHubProgram({
      sessionPort: proxy.sessionPort,
      simulationPort: proxy.simulationPort,
      environment: { NODE_EXTRA_CA_CERTS: proxy.certificate },
      session: { ...address, simulationServers: [`${server}/${proxy.simulationPort}`] },
      simulation: {
        ...address,
        engine: 'embedded',
        adminToken: ADMIN_TOKEN,
        allowedRepositories: [EXAMPLES],
        mirrors: { [EXAMPLES]: FOLDER },
      },
    });
    return {
      url: `https://${server}`,
      simulationUrl: `https://${server}/${proxy.simulationPort}`,
      proxy,
      program,
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await proxy[Symbol.asyncDispose]();
    throw error;
  }
}
