// Bundles the scripts of the pages into dist/web: a module for each page, and beside them what several or only some need.
import { copyFile, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/** Scripts that pages name. */
const ENTRIES = [
  'start.ts',
  'webots-view.ts',
  'monitor/session-monitor.ts',
  'monitor/simulation-monitor.ts',
  'monitor/session-page-monitor.ts',
  'inspect/inspect.ts',
];

const outdir = new URL('../../dist/web', import.meta.url).pathname;
await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: new URL('.', import.meta.url).pathname,
  entryPoints: ENTRIES,
  outdir,
  // One folder, whichever one a page's script comes from.
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  // Node's stand-in for the browser's WebSocket, which no browser asks for.
  external: ['ws'],
  // The licences of what is bundled go along with it.
  legalComments: 'eof',
  logLevel: 'warning',
});
// Its source holds no licence that the bundle could keep.
await copyFile(
  new URL('../../node_modules/uplot/LICENSE', import.meta.url),
  new URL('../../dist/web/uplot.LICENSE', import.meta.url),
);
