/** One answer of a server to a browser. */
export interface Page {
  readonly body: string | Buffer;
  /** The whole `Content-Type`, e.g. `text/html; charset=UTF-8`. */
  readonly type: string;
  /** Further headers, e.g. `Content-Security-Policy`; with an `ETag`, a browser that has the page gets a 304. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Scripts, styles and pictures that pages name; all from memory. */
export interface Assets {
  /**
   * What a browser gets at any path that the server does not answer itself.
   *
   * @param path begins with `/`, as the browser sent it: percent-encoded and perhaps hostile
   * @returns undefined for a path where nothing is
   */
  asset(path: string): Page | undefined;
}

/** Policy of a page that shows facts: scripts, styles, pictures and streams from its own server only, forms to it only. */
export const FACTS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
