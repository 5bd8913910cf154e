import { afterEach, describe, expect, it, vi } from 'vitest';
import { callSessionServer } from '../../../src/operations/cluster-call.ts';
import { createSigner } from '../../../src/operations/cluster-signature.ts';
import { startForwardProxy } from '../../fixtures/forward-proxy.ts';
import { startSession } from '../../fixtures/session-server.ts';

const SECRET = 'correct-horse-battery';
const SERVER = { entry: 'simulation.test:2000', ssl: false };

const ask = (sessionServer: string, secret: string) =>
  callSessionServer(sessionServer, 'check', SERVER, createSigner(secret), AbortSignal.timeout(30_000));

afterEach(() => void vi.unstubAllEnvs());

describe('a call to a session server', () => {
  it('goes by the proxy of the environment, and hears why it is refused there', async () => {
    await using session = await startSession([], { config: { clusterSecret: SECRET } });
    await using proxy = await startForwardProxy({ routes: { 'hub.test:80': session.port }, login: 'ada:secret' });
    vi.stubEnv('http_proxy', proxy.url);

    await ask('http://hub.test', SECRET);

    await expect(ask('http://hub.test', 'another-horse-battery')).rejects.toThrow('does not accept the signature');
    await expect(ask('http://nobody.test', SECRET)).rejects.toThrow('it answers with status 502');
    expect(proxy.asked).toEqual(['hub', 'hub', 'nobody'].map((host) => `POST http://${host}.test/cluster/check`));
  });
});
