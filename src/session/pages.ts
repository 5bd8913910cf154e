/** One answer of the session server to a browser. */
export interface Page {
  readonly body: string | Buffer;
  /** The whole `Content-Type`, e.g. `text/html; charset=UTF-8`. */
  readonly type: string;
  /** Further headers, e.g. `Content-Security-Policy`; with an `ETag`, a browser that has the page gets a 304. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The pages for people that the session server serves beside its own; all from memory. */
export interface Pages {
  /** What a browser gets at `/`. */
  start(): Page;
  /**
   * What a browser gets at any path that the session server does not answer itself.
   *
   * @param path begins with `/`, as the browser sent it: percent-encoded and perhaps hostile
   * @returns undefined for a path where nothing is
   */
  asset(path: string): Page | undefined;
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
