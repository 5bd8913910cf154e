import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Page } from '../operations/page.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { Pages } from '../session/pages.ts';

/** Where files come from. */
const FOLDERS = [
  { folder: 'src/web', extensions: ['.css', '.html', '.svg'] },
  { folder: 'dist/web', extensions: ['.css', '.js'] },
] as const;

/** Below which path browsers find them. */
const PATH = '/pages/web';

/** An import of a bundled module that is always loaded. */
const STATIC_IMPORT = /(?:\bfrom|\bimport)\s*"(\.\/[^"]+)"/g;

const START_PAGE = '/pages/web/start.html';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=UTF-8',
  '.html': 'text/html; charset=UTF-8',
  '.js': 'text/javascript; charset=UTF-8',
  '.svg': 'image/svg+xml',
};

/** The page that shows Cyberbotics' viewer. */
const WEBOTS_VIEW_PAGE = '/pages/web/webots-view.html';

/** Scripts and styles from here only; sockets, pictures, meshes and robot windows from wherever simulation servers are. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: http: https:",
  "connect-src 'self' ws: wss: http: https:",
  'frame-src http: https:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * That of the page for Cyberbotics' viewer alone: scripts also from that one host, which write scripts and styles into
 * the page and run WebAssembly with functions made from text; streams and textures from wherever engines are. It is
 * kept out of everything that this server has in the browser, as if it came from another one.
 */
const WEBOTS_VIEW_POLICY = [
  "default-src 'none'",
  'sandbox allow-scripts',
  "script-src 'self' https://cyberbotics.com 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' https://cyberbotics.com 'unsafe-inline'",
  'font-src https://cyberbotics.com data:',
  "img-src 'self' data: blob: http: https:",
  'connect-src ws: wss: http: https: data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/**
 * Reads the pages for people and what they need. Everything is held in memory;
 * a path that is not known now is never looked for.
 *
 * @throws Error if the program is not built
 */
export async function startPages(): Promise<Pages> {
  const files = new Map((await Promise.all(FOLDERS.map(readFolder))).flat());
  const document = files.get(START_PAGE);
  files.delete(START_PAGE);
  if (document === undefined) throw new Error(`Expected src/web/start.html in ${PACKAGE_ROOT}`);
  const start = page('.html', withPreloads(document, files), CONTENT_SECURITY_POLICY);
  const assets = new Map([...files].map(([path, body]) => [path, page(extname(path), body, policyOf(path))]));
  return { start: () => start, asset: (path) => assets.get(path) };
}

/** Names in the head what the page's scripts import, so that a browser need not find it one import after the other. */
function withPreloads(document: Buffer, files: ReadonlyMap<string, Buffer>): Buffer {
  const scripts = [...String(document).matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, path]) => `/${path}`);
  const modules = new Set(scripts);
  for (const path of modules) {
    for (const [, name = ''] of String(files.get(path) ?? '').matchAll(STATIC_IMPORT)) modules.add(join(PATH, name));
  }
  const links = [...modules]
    .slice(scripts.length)
    .map((path) => `<link rel="modulepreload" href="${path.slice(1)}">\n`);
  return Buffer.from(String(document).replace('</head>', () => `${links.join('')}</head>`));
}

async function readFolder({ folder, extensions }: (typeof FOLDERS)[number]): Promise<[string, Buffer][]> {
  const names = await readdir(join(PACKAGE_ROOT, folder));
  const wanted = names.filter((name) => extensions.some((extension) => extname(name) === extension));
  return Promise.all(wanted.map(async (name) => [`${PATH}/${name}`, await readFile(join(PACKAGE_ROOT, folder, name))]));
}

const policyOf = (path: string): string => (path === WEBOTS_VIEW_PAGE ? WEBOTS_VIEW_POLICY : CONTENT_SECURITY_POLICY);

function page(extension: string, body: Buffer, policy: string): Page {
  return {
    body,
    type: TYPES[extension] ?? 'application/octet-stream',
    headers: {
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': policy,
      ETag: `"${createHash('sha256').update(body).digest('base64url')}"`,
      'Referrer-Policy': 'no-referrer',
    },
  };
}
