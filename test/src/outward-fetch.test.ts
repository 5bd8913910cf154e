import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { outwardFetch, problemOf, proxiesOf, proxyFor, proxyVariables } from '../../src/outward-fetch.ts';
import { startForwardProxy } from '../fixtures/forward-proxy.ts';

const proxy = 'http://proxy.test:3128';

describe('problemOf', () => {
  const refused = (address: string) => new Error(`connect ECONNREFUSED ${address}`);

  it.each([
    ['an error', refused('127.0.0.1:9'), 'connect ECONNREFUSED 127.0.0.1:9'],
    [
      'the cause of a fetch that failed',
      new TypeError('fetch failed', { cause: refused('::1:9') }),
      'connect ECONNREFUSED ::1:9',
    ],
    [
      'each address of a host, which has no words of its own',
      new AggregateError([refused('::1:9'), refused('127.0.0.1:9')], ''),
      'connect ECONNREFUSED ::1:9; connect ECONNREFUSED 127.0.0.1:9',
    ],
    ['anything else', 'gone', 'gone'],
  ])('has the words of %s', (_, error, words) => {
    expect(problemOf(error)).toBe(words);
  });
});

describe('proxyFor', () => {
  const both = proxiesOf({ HTTP_PROXY: 'proxy.test:3128', HTTPS_PROXY: 'http://secure.test' });

  it.each([
    ['http://git.test/', proxy],
    ['https://git.test/', 'http://secure.test'],
    ['ws://git.test/', proxy],
    ['wss://git.test/', 'http://secure.test'],
    ['http://localhost:2000/', undefined],
    ['http://127.0.0.5/', undefined],
    ['https://[::1]:2000/', undefined],
  ])('reaches %s by %s', (url, expected) => {
    expect(proxyFor(new URL(url), both)).toBe(expected);
  });

  it.each([
    [{ http_proxy: proxy, HTTP_PROXY: 'http://other.test' }, 'http://git.test', proxy],
    [{ http_proxy: proxy }, 'https://git.test', undefined],
    [{ ALL_PROXY: proxy }, 'https://git.test', proxy],
    [{ HTTPS_PROXY: '' }, 'https://git.test', undefined],
    [{}, 'https://git.test', undefined],
  ])('reads %j for %s as curl does', (environment, url, expected) => {
    expect(proxyFor(new URL(url), proxiesOf(environment))).toBe(expected);
  });

  it.each([
    ['git.test', 'http://git.test/', true],
    ['git.test', 'http://sub.git.test/', true],
    ['.git.test', 'http://git.test/', true],
    ['*.git.test', 'http://sub.git.test/', true],
    ['git.test', 'http://evil-git.test/', false],
    ['GIT.test', 'http://git.test/', true],
    ['git.test:8080', 'http://git.test:8080/', true],
    ['git.test:8080', 'http://git.test/', false],
    ['git.test:443', 'https://git.test/', true],
    ['*', 'http://git.test/', true],
    ['a.test, git.test', 'http://git.test/', true],
    ['10.0.0.0/8', 'http://10.1.2.3:2000/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/33', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd00::6]:2000/', true],
    ['10.1.2.3', 'http://10.1.2.3/', true],
    ['2.3', 'http://10.1.2.3/', false],
    ['', 'http://git.test/', false],
  ])('with NO_PROXY=%s, whether %s is reached without: %s', (none, url, isDirect) => {
    expect(proxyFor(new URL(url), { http: proxy, https: proxy, none }) === undefined).toBe(isDirect);
  });
});

describe('proxyVariables', () => {
  it('gives programs the same proxies in the names that all of them read, and none for this machine', () => {
    expect(proxyVariables({ HTTP_PROXY: proxy, NO_PROXY: 'lab.test' })).toEqual({
      http_proxy: proxy,
      no_proxy: 'lab.test,localhost,127.0.0.1,::1',
      NO_PROXY: 'lab.test,localhost,127.0.0.1,::1',
    });
    expect(proxyVariables({ HTTPS_PROXY: proxy, no_proxy: '*' })).toEqual({
      https_proxy: proxy,
      no_proxy: '*',
      NO_PROXY: '*',
    });
    expect(proxyVariables({ NO_PROXY: 'lab.test' })).toEqual({});
  });
});

describe('outwardFetch', () => {
  it('asks through the proxy with its login, and follows a redirection to this machine past it', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/near') response.end('near');
      else response.writeHead(302, { location: `http://127.0.0.1:${port}/near` }).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using forward = await startForwardProxy({ routes: { 'far.test:80': port }, login: 'ada:secret' });

    const answer = await outwardFetch('http://far.test/x?y', { environment: { HTTP_PROXY: forward.url } });

    expect(await answer.text()).toBe('near');
    expect(forward.asked).toEqual(['GET http://far.test/x?y']);
    server.closeAllConnections();
    server.close();
  });

  it('fails where the proxy refuses', async () => {
    await using forward = await startForwardProxy({ routes: {} });

    await expect(outwardFetch('https://far.test/', { environment: { HTTPS_PROXY: forward.url } })).rejects.toThrow(
      'fetch failed',
    );
    expect(forward.asked).toEqual(['CONNECT far.test:443']);
  });
});
