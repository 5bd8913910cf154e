import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchFile, type HttpsOptions, isAllowedUrl, LARGEST_FILE } from '../../../../src/engine/network/https-file.ts';
import { startForwardProxy } from '../../../fixtures/forward-proxy.ts';
import { HttpsHost } from '../fixtures/https-host.ts';

let host: HttpsHost;
let options: HttpsOptions;

beforeAll(async () => {
  host = await HttpsHost.start();
});
afterAll(() => host.stop());
beforeEach(() => {
  host.requests.splice(0);
  options = { hosts: [host.name], certificates: host.certificates, isAllowedAddress: () => true };
});

describe('isAllowedUrl', () => {
  it.each([
    ['https://a.example/x', true],
    ['https://A.EXAMPLE/x', true],
    ['https://a.example:443/x', true],
    ['https://b.example:8443/x', true],
    ['http://a.example/x', false],
    ['https://a.example:8443/x', false],
    ['https://b.example/x', false],
    ['https://sub.a.example/x', false],
    ['https://a.example.evil.example/x', false],
    ['https://user@a.example/x', false],
    ['https://a.example@evil.example/x', false],
  ])('%s: %s', (url, isAllowed) => {
    expect(isAllowedUrl(new URL(url), ['a.example', 'b.example:8443'])).toBe(isAllowed);
  });
});

describe('fetchFile', () => {
  it('fetches a file, with what its host knows this version by', async () => {
    host.files['/a.proto'] = 'PROTO';

    expect(await fetchFile(new URL(host.url('/a.proto')), options)).toEqual({
      content: Buffer.from('PROTO'),
      etag: '"5"',
    });
    expect(await fetchFile(new URL(host.url('/a.proto')), options, '"5"')).toBe('unchanged');
    expect(await fetchFile(new URL(host.url('/b.proto')), options)).toBe('missing');
  });

  it('connects to no address that is not public, whatever name leads there', async () => {
    host.files['/a.proto'] = 'PROTO';
    const strict: HttpsOptions = { hosts: [host.name], certificates: host.certificates };

    expect(await fetchFile(new URL(host.url('/a.proto')), strict)).toBe('refused');
    for (const address of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]']) {
      const name = host.name.replace('localhost', address);
      const url = new URL(`https://${name}/a.proto`);
      expect(await fetchFile(url, { ...strict, hosts: [url.host] })).toBe('refused');
    }
    expect(host.requests).toEqual([]);
  });

  it('follows redirections within the hosts, and a few only', async () => {
    const to = (location: string) => ({ status: 302, headers: { location } });
    host.files['/moved'] = to('/there');
    host.files['/there'] = 'PROTO';
    host.files['/away'] = to('https://evil.example/x');
    host.files['/plain'] = to(host.url('/there').replace('https', 'http'));
    host.files['/loop'] = to('/loop');

    expect(await fetchFile(new URL(host.url('/moved')), options)).toMatchObject({ etag: '"5"' });
    expect(await fetchFile(new URL(host.url('/away')), options)).toBe('refused');
    expect(await fetchFile(new URL(host.url('/plain')), options)).toBe('refused');
    host.requests.splice(0);
    expect(await fetchFile(new URL(host.url('/loop')), options)).toBe('failed');
    expect(host.requests).toHaveLength(4);
  });

  it('reads no more than its bound', async () => {
    host.files['/large'] = Buffer.alloc(LARGEST_FILE + 1);

    expect(await fetchFile(new URL(host.url('/large')), options)).toBe('tooLarge');
  });

  it('trusts no certificate that is not known, nor one of another name', async () => {
    host.files['/a.proto'] = 'PROTO';
    const { certificates: _, ...untrusting } = options;
    const url = new URL(`https://${host.name.replace('localhost', '127.0.0.1')}/a.proto`);

    expect(await fetchFile(new URL(host.url('/a.proto')), untrusting)).toBe('failed');
    expect(await fetchFile(url, { ...options, hosts: [url.host] })).toBe('failed');
  });

  it('takes other answers, and none, for a failure', async () => {
    host.files['/broken'] = { status: 500 };

    expect(await fetchFile(new URL(host.url('/broken')), options)).toBe('failed');
    expect(await fetchFile(new URL('https://nobody.invalid/x'), { ...options, hosts: ['nobody.invalid'] })).toBe(
      'failed',
    );
  });
});

describe('fetchFile by a proxy', () => {
  let distant: HttpsHost;

  /** Stands for any host of the public internet. */
  const ADDRESS = '93.184.216.34';

  beforeAll(async () => {
    distant = await HttpsHost.start('protos.test');
    distant.files['/a.proto'] = 'PROTO';
  });
  afterAll(() => distant.stop());
  beforeEach(() => distant.requests.splice(0));

  /** How it goes, and what the proxy was asked for. */
  async function ask(addresses: readonly string[], none = '', url = distant.url('/a.proto')) {
    await using proxy = await startForwardProxy({
      routes: { [`${ADDRESS}:${distant.port}`]: distant.port },
      login: 'me:secret',
    });
    const result = await fetchFile(new URL(url), {
      hosts: [new URL(url).host],
      certificates: distant.certificates,
      addressesOf: async () => addresses,
      proxies: { http: undefined, https: proxy.url, none },
    });
    return { result, asked: proxy.asked };
  }

  it('asks it for the address that was looked at, and the host for its certificate', async () => {
    const { result, asked } = await ask([ADDRESS]);

    expect(result).toMatchObject({ content: Buffer.from('PROTO') });
    expect(asked).toEqual([`CONNECT ${ADDRESS}:${distant.port}`]);
    expect(await ask([ADDRESS], '', distant.url('/a.proto').replace('protos.test', 'other.test'))).toMatchObject({
      result: 'failed',
    });
  });

  it.each([['10.1.2.3'], ['127.0.0.1'], ['::1']])(
    'asks it for nothing where one of the addresses is %s, which is not public',
    async (address) => {
      expect(await ask([ADDRESS, address])).toEqual({ result: 'refused', asked: [] });
    },
  );

  it('asks it for nothing where the name is not known here', async () => {
    expect(await ask([])).toEqual({ result: 'refused', asked: [] });
  });

  it('takes a proxy that refuses for a failure', async () => {
    expect(await ask(['93.184.216.35'])).toEqual({
      result: 'failed',
      asked: [`CONNECT 93.184.216.35:${distant.port}`],
    });
  });

  it('goes past it to hosts that need none', async () => {
    await using proxy = await startForwardProxy({ routes: {} });

    const fetched = await fetchFile(new URL(distant.url('/a.proto')), {
      hosts: [distant.name],
      certificates: distant.certificates,
      addressesOf: async () => ['127.0.0.1'],
      isAllowedAddress: () => true,
      proxies: { http: undefined, https: proxy.url, none: 'protos.test' },
    });

    expect(fetched).toMatchObject({ content: Buffer.from('PROTO') });
    expect(proxy.asked).toEqual([]);
  });
});
