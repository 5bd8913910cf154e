/**
 * Bounds of every HTTP server of this program, against clients that send
 * slowly, or nothing. Sizes in bytes, times in ms; all are our choice.
 */
export const HTTP_LIMITS = {
  /** Request line and headers together. */
  maxHeaderSize: 16_384,
  /** From the opening of a connection, or the first byte of a later request, to the end of its headers. */
  headersTimeout: 10_000,
  /** From the same moment to the last byte of the request. */
  requestTimeout: 15_000,
  /** How long a connection may wait for its next request. */
  keepAliveTimeout: 5_000,
  /** How often the two waits above are looked at. */
  connectionsCheckingInterval: 5_000,
} as const;

/** From the end of an answer to its last byte on the client's side: 2 min, our choice, long enough for 5 kB/s. */
export const TAKING_TIMEOUT = 120_000;

/**
 * Connections at once beside WebSockets; those beyond are dropped. Our choice:
 * browsers and session servers keep a few each, silent ones end within
 * 15 s, and those that take no answer within `TAKING_TIMEOUT`.
 */
export const MAX_REQUEST_CONNECTIONS = 1_000;
