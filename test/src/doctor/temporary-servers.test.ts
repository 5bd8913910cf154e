import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sessionConfigFrom, simulationConfigFrom } from '../../../src/config/load-config.ts';
import { startTemporaryServers } from '../../../src/doctor/temporary-servers.ts';
import { isBuilt } from '../../fixtures/hub-program.ts';
import { freePort } from '../../fixtures/simulation-server.ts';

const SECRET = 'correct-horse-battery';

afterEach(() => void vi.unstubAllEnvs());

describe.skipIf(!isBuilt)('servers for a moment (needs the build)', { timeout: 60_000 }, () => {
  it.each([
    ['the configuration', { clusterSecret: SECRET }, undefined],
    ['the environment', {}, SECRET],
  ])('join no session server, and none joins them, with a secret of %s', async (_, secret, variable) => {
    vi.stubEnv('WEBOTS_HUB_CLUSTER_SECRET', variable);
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const folder = await mkdtemp(join(tmpdir(), 'temporary-servers-'));
    const common = { server: 'localhost', ssl: false, portRewrite: false, logDir: folder, ...secret };
    const [session, simulation] = [
      sessionConfigFrom({ ...common, port: await freePort() }).config,
      simulationConfigFrom({
        ...common,
        port: await freePort(),
        projectsDir: join(folder, 'projects'),
        sessionServers: [`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`],
      }).config,
    ];

    {
      await using servers = await startTemporaryServers(session, simulation);
      expect(servers.entry).toBe(`localhost:${simulation.port}`);
      const answer = await fetch(`http://localhost:${session.port}/cluster/join`, { method: 'POST' });
      expect(answer.status).toBe(404);
    }

    elsewhere.close();
    await rm(folder, { recursive: true });
    expect(asked).toEqual([]);
  });
});
