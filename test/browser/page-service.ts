import type { IncomingMessage, ServerResponse } from 'node:http';
import { startPages } from '../../src/web-assets/pages.ts';
import {
  type ScriptedService,
  type ScriptedServiceOptions,
  startScriptedService,
} from '../fixtures/scripted-service.ts';

/** A scripted service whose session server also serves the pages, below `prefix` as behind a proxy. */
export async function startPageService(options: ScriptedServiceOptions = {}, prefix = ''): Promise<ScriptedService> {
  const pages = await startPages();
  const serve = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(prefix.length);
    const page = path === '/' ? pages.start() : pages.asset(path);
    if (page === undefined) return false;
    const headers = { 'Content-Type': page.type, 'Access-Control-Allow-Origin': '*', ...page.headers };
    response.writeHead(200, headers).end(page.body);
    return true;
  };
  return startScriptedService({ ...options, serve });
}
