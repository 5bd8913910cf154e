import { describe, expect, it } from 'vitest';
import { protoHostCheck } from '../../../src/doctor/proto-hosts-check.ts';

describe('the check of a host of PROTOs', () => {
  it('warns of a proxy with a login, and does not show that', async () => {
    const proxy = { HTTPS_PROXY: 'http://ada:secret@proxy.lab:3128' };

    const findings = await protoHostCheck('localhost.localdomain:8443', proxy).look();

    expect(findings).toMatchObject([
      { level: 'warning', found: 'the proxy asks for a login, which engines do not get' },
    ]);
    expect(JSON.stringify(findings)).not.toContain('secret');
  });

  it('warns of a name that this machine does not know, whatever a proxy knows', async () => {
    const findings = await protoHostCheck('raw.lab.invalid', { HTTPS_PROXY: 'http://proxy.lab:3128' }).look();

    expect(findings).toMatchObject([{ level: 'warning', found: expect.stringContaining('raw.lab.invalid') }]);
  });

  it('is content with an address that is known', async () => {
    expect(await protoHostCheck('localhost', {}).look()).toEqual([
      { level: 'fine', what: 'PROTOs of localhost', found: 'its address is known' },
    ]);
  });
});
