import type { Context } from 'koa';
import type { Assets } from './page.ts';

/** Answers with what is at the request's path; does nothing where nothing is there. */
export function answerAsset(ctx: Context, assets: Assets | undefined): void {
  const page = assets?.asset(ctx.path);
  if (!page) return;
  ctx.status = 200;
  ctx.set({ 'Content-Type': page.type, ...page.headers });
  ctx.body = page.body;
  if (ctx.fresh) ctx.status = 304;
}
