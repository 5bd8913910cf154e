#!/usr/bin/env node
// Opens a recording, or the one in a post-mortem, in the page /inspect: `npm run inspect -- FILE`.
import { createServer } from 'node:http';
import Koa from 'koa';
import { AppError } from './errors.ts';
import { inspectRoutes } from './inspection/inspect-routes.ts';
import { recordedSource } from './inspection/parts.ts';
import { readRecording } from './inspection/read-recording.ts';
import { answerAsset } from './operations/answer-asset.ts';
import { HTTP_LIMITS } from './operations/http-limits.ts';
import { listen } from './operations/listen.ts';
import { startPages } from './web-assets/pages.ts';

/** Exit status of sysexits.h for bad usage. */
const USAGE = 64;

const [file, ...others] = process.argv.slice(2);
if (file === undefined || others.length > 0) {
  process.stderr.write('Usage: npm run inspect -- FILE\n\nFILE is a recording that was exported, or a post-mortem.\n');
  process.exitCode = USAGE;
} else {
  try {
    await show(file);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function show(path: string): Promise<void> {
  const source = recordedSource(await readRecording(path));
  const assets = await startPages();
  const app = new Koa();
  app.use(inspectRoutes({ source, assets, adminToken: undefined }).routes());
  app.use((ctx) => answerAsset(ctx, assets));
  const { port } = await listen(createServer(HTTP_LIMITS, app.callback()), '127.0.0.1', 0);
  process.stdout.write(`Open http://localhost:${port}/inspect in a browser; press Ctrl+C to end.\n`);
}
