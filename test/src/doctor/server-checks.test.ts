import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulationConfigFrom } from '../../../src/config/load-config.ts';
import { certificateCheck, enginePortsCheck } from '../../../src/doctor/server-checks.ts';
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
