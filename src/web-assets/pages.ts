import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { Page, Pages } from '../session/pages.ts';

/** Where files come from, and below which path browsers find them: modules import each other by relative paths. */
const FOLDERS = [
  { folder: 'src/web', path: '/pages/web', extensions: ['.css', '.html', '.svg'] },
  { folder: 'dist/src/web', path: '/pages/web', extensions: ['.js'] },
  { folder: 'dist/src/client', path: '/pages/client', extensions: ['.js'] },
] as const;

/** The one program among the modules of the client: it is for terminals. */
const TERMINAL_PROGRAM = '/pages/client/try.js';

const START_PAGE = '/pages/web/start.html';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=UTF-8',
  '.html': 'text/html; charset=UTF-8',
  '.js': 'text/javascript; charset=UTF-8',
  '.svg': 'image/svg+xml',
};

/** Scripts, styles and pictures from here only; sockets to wherever simulation servers are. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Reads the pages for people and what they need. Everything is held in memory;
 * a path that is not known now is never looked for.
 *
 * @throws Error if the program is not built
 */
export async function startPages(): Promise<Pages> {
  const files = new Map((await Promise.all(FOLDERS.map(readFolder))).flat());
  files.delete(TERMINAL_PROGRAM);
  const document = files.get(START_PAGE);
  files.delete(START_PAGE);
  if (document === undefined) throw new Error(`Expected src/web/start.html in ${PACKAGE_ROOT}`);
  const scripts = [...files.keys()].filter((path) => extname(path) === '.js').sort();
  const start = page('.html', withPreloads(document, scripts));
  const assets = new Map([...files].map(([path, body]) => [path, page(extname(path), body)]));
  return { start: () => start, asset: (path) => assets.get(path) };
}

/** Names every module in the head, so that a browser need not find them one import after the other. */
function withPreloads(document: Buffer, scripts: readonly string[]): Buffer {
  const links = scripts.map((path) => `<link rel="modulepreload" href="${path.slice(1)}">\n`);
  return Buffer.from(String(document).replace('</head>', () => `${links.join('')}</head>`));
}

async function readFolder({ folder, path, extensions }: (typeof FOLDERS)[number]): Promise<[string, Buffer][]> {
  const names = await readdir(join(PACKAGE_ROOT, folder));
  const wanted = names.filter((name) => extensions.some((extension) => extname(name) === extension));
  return Promise.all(wanted.map(async (name) => [`${path}/${name}`, await readFile(join(PACKAGE_ROOT, folder, name))]));
}

function page(extension: string, body: Buffer): Page {
  return {
    body,
    type: TYPES[extension] ?? 'application/octet-stream',
    headers: {
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      ETag: `"${createHash('sha256').update(body).digest('base64url')}"`,
      'Referrer-Policy': 'no-referrer',
    },
  };
}
