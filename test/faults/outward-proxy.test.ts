import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCertificate } from '../fixtures/certificate.ts';
import { isBuilt, startCompiledServer } from '../fixtures/compiled-server.ts';
import { startForwardProxy } from '../fixtures/forward-proxy.ts';
import { type GitServer, startGitServer } from '../fixtures/git-server.ts';

const WORLD = 'https://git.test/owner/project/src/branch/main/worlds/w.wbt';

let git: GitServer;
/** The git server behind TLS, by the name for which it has a certificate. */
const servers = new Map<string, TlsServer>();

beforeAll(async () => {
  git = await startGitServer({ passwordOf: () => 'the-token' });
  await git.addRepository('owner/project', [{ branch: 'main', files: { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n' } }]);
  for (const host of ['git.test', 'localhost']) servers.set(host, await startTls(host));
});
afterAll(async () => {
  await git.close();
  await Promise.all([...servers.values()].map((server) => server.close()));
});

interface TlsServer {
  readonly port: number;
  /** File that clients are to trust. */
  readonly certificate: string;
  close(): Promise<void>;
}

async function startTls(host: string): Promise<TlsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'outward-proxy-'));
  const { cert, key } = await writeCertificate(folder, 30, host);
  const server = createTlsServer({ cert: await readFile(cert), key: await readFile(key) }, (socket) => {
    const onward = connect(Number(new URL(git.url).port), '127.0.0.1');
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    certificate: cert,
    async close() {
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe.skipIf(!isBuilt)('a simulation server behind a proxy (needs the build)', () => {
  it.each(['native', 'builtin'])('fetches by https and registers through it, with the %s git', async (kind) => {
    const registry = createServer((_request, response) => response.end('published')).listen(0, '127.0.0.1');
    await once(registry, 'listening');
    await using proxy = await startForwardProxy({
      routes: {
        'git.test:443': servers.get('git.test')!.port,
        'catalogue.test:80': (registry.address() as AddressInfo).port,
      },
      login: 'ada:secret-login',
    });
    await using server = await startCompiledServer({
      config: {
        git: kind,
        hosts: { 'git.test': 'gitea' },
        allowedRepositories: ['https://git.test/owner'],
        credentials: [{ prefix: 'https://git.test/owner', tokenEnv: 'GIT_TOKEN' }],
        notify: 'http://catalogue.test/setup',
      },
      environment: {
        HTTP_PROXY: proxy.url,
        HTTPS_PROXY: proxy.url,
        GIT_TOKEN: 'the-token',
        ...trusting('git.test'),
      },
    });
    await server.logged({ message: 'registered', answer: 'published' });
    const client = await server.connect();
    client.start(WORLD);

    await client.heard('webots:');

    expect([...new Set(proxy.asked)].sort()).toEqual(['CONNECT git.test:443', 'POST http://catalogue.test/setup']);
    expect(JSON.stringify([server.log, client.messages])).not.toContain('secret-login');
    client.socket.close();
    await client.closed;
    registry.closeAllConnections();
    registry.close();
  });

  it.each(['native', 'builtin'])('fetches from this machine without it, with the %s git', async (kind) => {
    const host = `localhost:${servers.get('localhost')!.port}`;
    await using proxy = await startForwardProxy({ routes: {} });
    await using server = await startCompiledServer({
      config: {
        git: kind,
        hosts: { [host]: 'gitea' },
        allowedRepositories: [`https://${host}/owner`],
        credentials: [{ prefix: `https://${host}`, tokenEnv: 'GIT_TOKEN' }],
      },
      environment: { HTTPS_PROXY: proxy.url, GIT_TOKEN: 'the-token', ...trusting('localhost') },
    });
    const client = await server.connect();
    client.start(`https://${host}/owner/project/src/branch/main/worlds/w.wbt`);

    await client.heard('webots:');

    expect(proxy.asked).toEqual([]);
    client.socket.close();
    await client.closed;
  });
});

function trusting(host: string): Record<string, string> {
  const { certificate } = servers.get(host)!;
  return { NODE_EXTRA_CA_CERTS: certificate, GIT_SSL_CAINFO: certificate };
}
