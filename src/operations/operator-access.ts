import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import { isForwarded, isLoopback } from './client-address.ts';

/** Names of this machine to itself, with or without a port. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** What is known of who asks. */
export interface Asker {
  /** As the socket tells it. */
  readonly address: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export function askerOf({ req }: Pick<Context, 'req'>): Asker {
  return { address: req.socket.remoteAddress, headers: req.headers };
}

/** Only a challenge makes browsers ask for the token. */
const CHALLENGE = 'Basic realm="webots-hub operator", charset="UTF-8"';

/** Tells a stranger that this is not for him; where there is no token, none can be asked for. */
export function refuseStranger(ctx: Context, { hasToken }: Pick<OperatorAccess, 'hasToken'>): void {
  ctx.status = hasToken ? 401 : 403;
  if (hasToken) ctx.set('WWW-Authenticate', CHALLENGE);
  ctx.type = 'text';
  ctx.body = 'Only operators may do this.';
}

/** Who is an operator: whoever has the token, and whoever is on this machine. Everybody else is a stranger. */
export interface OperatorAccess {
  /** Whether there is a token that could be asked for. */
  readonly hasToken: boolean;
  /** Whether an operator asks, to whom everything may be shown. */
  isOperator(asker: Asker): boolean;
  /**
   * Whether an operator orders something, and not a page of somebody else's in an operator's browser.
   *
   * @param formToken what came in the field `token` of a form
   */
  mayOrder(asker: Asker, formToken?: string): boolean;
}

/** @param adminToken the token that counts now */
export function createOperatorAccess(adminToken: () => string | undefined): OperatorAccess {
  // Digests are equally long: the time to compare them tells nothing of the token.
  const isToken = (text: string | undefined) => {
    const expected = adminToken();
    return expected !== undefined && text !== undefined && timingSafeEqual(digest(text), digest(expected));
  };
  const isOperator = (asker: Asker) => isToken(tokenOf(asker.headers)) || isOnThisMachine(asker);

  return {
    get hasToken() {
      return adminToken() !== undefined;
    },
    isOperator,
    mayOrder(asker, formToken) {
      // No page of another origin can send this header.
      if (isToken(bearerOf(asker.headers))) return true;
      return isSameOrigin(asker.headers) && (isToken(formToken) || isOperator(asker));
    },
  };
}

/** A proxy on this machine speaks for others; a strange host name is a page that had its own name resolve to here. */
function isOnThisMachine({ address, headers }: Asker): boolean {
  return isLoopback(address) && !isForwarded(headers) && LOOPBACK_HOST.test(headers.host ?? '');
}

/** Browsers say by one of these headers from which page an order comes. */
function isSameOrigin({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): boolean {
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  return bearerOf(headers) ?? basicPasswordOf(headers);
}

function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

/** The password of HTTP Basic, with whatever user name. */
function basicPasswordOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const [, encoded] = /^Basic +(\S+)$/i.exec(authorization) ?? [];
  return encoded && /:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1];
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
