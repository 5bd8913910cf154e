import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { sessionConfigFrom } from '../../src/config/load-config.ts';
import { createInspector } from '../../src/inspection/inspector.ts';
import { createLogger } from '../../src/log.ts';
import { sessionRole } from '../../src/session-role.ts';
import { startSystem } from '../../src/system.ts';
import { startPages } from '../../src/web-assets/pages.ts';
import { embeddedEngine } from '../../src/webots/engine.ts';
import { startSimulationServer, type TestServer } from '../fixtures/simulation-server.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLES = 'https://github.com/webots-hub/examples';

/** Whether what runs as a process of its own, the engine and the page's scripts, is built. */
export const isBuilt = ['src/engine/main.js', 'web/start.js', 'src/client/try.js'].every((file) =>
  existsSync(`${ROOT}/dist/${file}`),
);

/** Both servers with the bundled example and the embedded engine, and a load that does not depend on this machine's. */
export interface Hub extends AsyncDisposable {
  /** The session server's URL. */
  readonly session: string;
  readonly simulationServer: TestServer;
}

/**
 * @param examples absolute path of the folder that stands for the repository of examples
 * @param keys of the configurations beside those
 */
export async function startHub(
  examples = `${ROOT}/examples`,
  keys: { readonly session?: Record<string, unknown>; readonly simulation?: Record<string, unknown> } = {},
): Promise<Hub> {
  const simulationServer = await startSimulationServer({
    engine: embeddedEngine('127.0.0.1'),
    config: {
      server: 'localhost',
      allowedRepositories: [EXAMPLES],
      mirrors: { [EXAMPLES]: examples },
      ...keys.simulation,
    },
  });
  const port = await freePort();
  const { config } = sessionConfigFrom({
    server: 'localhost',
    port,
    ssl: false,
    portRewrite: false,
    simulationServers: [`localhost:${new URL(simulationServer.url).port}`],
    ...keys.session,
  });
  const log = createLogger({ level: 'error' });
  // As the program has it.
  const inspector = createInspector('1.2.3');
  const role = sessionRole({ config, log, pages: await startPages(), inspector });
  const system = await startSystem({ roles: [role], log, inspector });
  return {
    session: `http://localhost:${port}`,
    simulationServer,
    async [Symbol.asyncDispose]() {
      await system.stop();
      await simulationServer[Symbol.asyncDispose]();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
