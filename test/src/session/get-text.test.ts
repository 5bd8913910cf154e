import { describe, expect, it } from 'vitest';
import { createTextClient } from '../../../src/session/get-text.ts';
import { startForwardProxy } from '../../fixtures/forward-proxy.ts';
import { startLoadServer } from '../../fixtures/load-server.ts';

const never = () => new AbortController().signal;

describe('a client of texts behind a proxy', () => {
  it('asks servers elsewhere through it, and those of this machine and of NO_PROXY without', async () => {
    await using server = await startLoadServer(7);
    const port = Number(server.entry.split(':').at(-1));
    await using proxy = await startForwardProxy({ routes: { 'sim.test:2000': port } });
    const client = createTextClient(false, { HTTP_PROXY: proxy.url, NO_PROXY: 'near.test' });

    expect(await client.getText(new URL('http://sim.test:2000/load'), 100, never())).toBe('7');
    expect(await client.getText(new URL(`http://${server.entry}/load`), 100, never())).toBe('7');
    await expect(client.getText(new URL('http://near.test:2000/load'), 100, never())).rejects.toThrow(/near\.test/);
    expect(proxy.asked).toEqual(['GET http://sim.test:2000/load']);
    client.close();
  });

  it('tells what the server or the proxy answers else, and reads no more than it is to', async () => {
    await using server = await startLoadServer(7);
    const port = Number(server.entry.split(':').at(-1));
    await using proxy = await startForwardProxy({ routes: { 'sim.test:2000': port } });
    const client = createTextClient(false, { HTTP_PROXY: proxy.url });

    await expect(client.getText(new URL('http://gone.test/load'), 100, never())).rejects.toMatchObject({ status: 502 });
    await expect(client.getText(new URL('http://sim.test:2000/load'), 0, never())).rejects.toThrow(
      'Expected at most 0 bytes, got more',
    );
    await expect(
      client.getText(new URL('http://sim.test:2000/load'), 100, AbortSignal.abort(new Error('too late'))),
    ).rejects.toThrow('too late');
    client.close();
  });

  it('says that the proxy is not there', async () => {
    const client = createTextClient(false, { HTTP_PROXY: 'http://127.0.0.1:9' });

    await expect(client.getText(new URL('http://sim.test/load'), 100, never())).rejects.toThrow('ECONNREFUSED');
    client.close();
  });
});
