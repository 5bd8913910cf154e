import type { Assets, Page } from '../operations/page.ts';

/** The pages for people that the session server serves beside its own; all from memory. */
export interface Pages extends Assets {
  /** What a browser gets at `/`. */
  start(): Page;
}

/** Where there are no pages: one that leads to the monitor. */
export const PLAIN_PAGES: Pages = {
  start: () => ({
    body: '<!DOCTYPE html><html lang="en"><title>Webots session server</title><p><a href="monitor">Webots session server</a></p></html>\n',
    type: 'text/html; charset=UTF-8',
    headers: { 'Content-Security-Policy': "default-src 'none'" },
  }),
  asset: () => undefined,
};
