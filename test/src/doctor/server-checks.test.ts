import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulationConfigFrom } from '../../../src/config/load-config.ts';
import { certificateCheck, enginePortsCheck, simulationServerCheck } from '../../../src/doctor/server-checks.ts';
import { writeCertificate } from '../../fixtures/certificate.ts';

const look = (values: Record<string, unknown>, addresses: string[]) =>
  enginePortsCheck(
    simulationConfigFrom({ server: 'localhost', maxConnections: 10, ...values }).config,
    addresses,
  ).look();

describe('the check of the ports of engines', () => {
  it('warns of Webots, which others reach, and says how to close its ports', async () => {
    const [finding, ...others] = await look({ engine: 'webots' }, ['192.0.2.1', '2001:db8::1']);

    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      level: 'warning',
      found: 'Webots opens 2001–2010 on 192.0.2.1, 2001:db8::1 unless a firewall closes them',
      advice: expect.stringContaining('`ufw deny 2001:2010/tcp`'),
    });
  });

  it.each([
    ['Webots on a machine that no other reaches', { engine: 'webots' }, []],
    ['the embedded engine', { engine: 'embedded' }, ['192.0.2.1']],
  ])('is content with %s', async (_, values, addresses) => {
    expect(await look(values, addresses)).toMatchObject([{ level: 'fine' }]);
  });

  it('says that the ports must be open where browsers use them', async () => {
    expect(await look({ engine: 'embedded', stream: 'direct' }, [])).toMatchObject([
      { level: 'warning', found: 'browsers must reach ports 2001–2010' },
    ]);
  });
});

it('tells a certificate whose key is that of another one', async () => {
  const [folder, other] = [await mkdtemp(join(tmpdir(), 'pair-')), await mkdtemp(join(tmpdir(), 'pair-'))];
  const { cert, key } = await writeCertificate(folder);
  const { key: otherKey } = await writeCertificate(other);

  expect(await certificateCheck({ cert, key }).look()).toMatchObject([{ level: 'fine' }]);
  expect(await certificateCheck({ cert, key: otherKey }).look()).toMatchObject([
    { level: 'error', found: expect.stringContaining('key values mismatch') },
  ]);
  for (const path of [folder, other]) await rm(path, { recursive: true });
});

describe('the check of a simulation server', () => {
  async function adviceFor(server: Server, isTls: boolean) {
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const found = await simulationServerCheck(`localhost:${(server.address() as AddressInfo).port}`, isTls).look();
    server.close();
    return found;
  }

  it('says what to do about a proxy that leads elsewhere', async () => {
    const elsewhere = createServer((_, response) => void response.writeHead(404).end());

    expect(await adviceFor(elsewhere, false)).toMatchObject([
      { level: 'error', advice: expect.stringMatching(/^have the proxy lead there/) },
    ]);
  });

  it('says what to do about a certificate that nobody knows', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'unknown-'));
    const { cert, key } = await writeCertificate(folder);
    const unknown = createTlsServer({ cert: await readFile(cert), key: await readFile(key) });

    expect(await adviceFor(unknown, true)).toMatchObject([
      { level: 'error', advice: expect.stringContaining('NODE_EXTRA_CA_CERTS=FILE') },
    ]);
    await rm(folder, { recursive: true });
  });
});
