import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchFile, type HttpsOptions, isAllowedUrl, LARGEST_FILE } from '../../../../src/engine/network/https-file.ts';
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
