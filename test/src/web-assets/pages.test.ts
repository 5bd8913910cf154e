import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startPages } from '../../../src/web-assets/pages.ts';

const isBuilt = existsSync(new URL('../../../dist/web/start.js', import.meta.url));

/** Bytes, compressed, of the start page with all it loads: our bound for a page without pictures. */
const MOST_BYTES = 60_000;

/** Paths that a page or module names, seen from `from`. */
function references(from: string, text: string): string[] {
  const html = [...text.matchAll(/(?:src|href)="([^":]+\.[a-z]+)"/g)];
  const imports = [...text.matchAll(/(?:\bfrom|\bimport)\s*"(\.[^"]+)"/g)];
  return [...html, ...imports].map(([, path = '']) => new URL(path, `http://h${from}`).pathname);
}

describe.skipIf(!isBuilt)('startPages (needs the build)', () => {
  it('serves the start page and everything that it leads to, in less than 60 kB', async () => {
    const pages = await startPages();
    const found = new Map([['/', pages.start()]]);
    for (const [from, { body }] of found) {
      for (const path of references(from, String(body))) {
        const page = pages.asset(path);
        expect(page, `${from} names ${path}`).toBeDefined();
        if (page) found.set(path, page);
      }
    }

    expect([...found.keys()]).toEqual(
      expect.arrayContaining(['/pages/web/start.js', '/pages/web/start.css', '/pages/web/icon.svg']),
    );
    const sizes = [...found.values()].map(({ body }) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MOST_BYTES);
  });

  it.each([
    ['/pages/web/start.js', 'text/javascript; charset=UTF-8'],
    ['/pages/web/start.css', 'text/css; charset=UTF-8'],
    ['/pages/web/icon.svg', 'image/svg+xml'],
  ])('serves %s as %s, to be asked for again but not sent again', async (path, type) => {
    const [first, second] = [(await startPages()).asset(path), (await startPages()).asset(path)];

    expect(first?.type).toBe(type);
    expect(first?.headers?.['Cache-Control']).toBe('no-cache');
    expect(first?.headers?.ETag).toMatch(/^"[\w-]{43}"$/);
    expect(second?.headers?.ETag).toBe(first?.headers?.ETag);
  });

  it('allows scripts and styles from here only, and none in the page itself', async () => {
    const { body, headers } = (await startPages()).start();

    expect(headers?.['Content-Security-Policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; " +
        "connect-src 'self' ws: wss: http: https:; frame-src http: https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(String(body)).not.toMatch(/<style|style=|<script(?! type="module" src=)| on[a-z]+=/);
  });

  it('names another host only in the policy of the page for its viewer, which only this server may frame', async () => {
    const pages = await startPages();
    const policy = pages.asset('/pages/web/webots-view.html')?.headers?.['Content-Security-Policy'] ?? '';

    expect(policy.match(/https:\/\/[\w.]+/g)?.filter((host) => host !== 'https://cyberbotics.com')).toEqual([]);
    expect(policy).toMatch(/^default-src 'none'; sandbox allow-scripts; .*; frame-ancestors 'self'$/);
    for (const path of ['/pages/web/webots-view.js', '/pages/web/start.js']) {
      expect(pages.asset(path)?.headers?.['Content-Security-Policy']).not.toContain('cyberbotics');
    }
    expect(pages.start().headers?.['Content-Security-Policy']).not.toContain('cyberbotics');
  });

  it.each([
    '/pages/web/start.html',
    '/pages/web/../../package.json',
    '/pages/web/%2e%2e/%2e%2e/package.json',
    '/pages/web/start.ts',
    '/pages/web/build.mjs',
    '/pages/client/index.js',
    '/package.json',
    '/pages/web/',
    '/constructor',
    '/',
  ])('has nothing at %s', async (path) => {
    expect((await startPages()).asset(path)).toBeUndefined();
  });
});
