import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import { outwardFetch } from '../outward-fetch.ts';

export interface BoundedHttp {
  /** Most bytes that all answers together may have. */
  readonly limit: number;
  /** Value of the header `Authorization`, which is sent to this scheme, host and port alone. */
  readonly authorization?: { readonly origin: string; readonly value: string } | undefined;
  /** Hears the bytes received so far, at every piece. */
  readonly onReceived: (bytes: number) => void;
  /** Makes the error for an answer beyond the limit. */
  readonly tooLarge: () => Error;
}

/**
 * An HTTP client for isomorphic-git that follows redirections as git does: the first request may be sent elsewhere,
 * and then all later ones go there; they are not redirected themselves.
 */
export function boundedHttp({ limit, authorization, onReceived, tooLarge }: BoundedHttp): HttpClient {
  let received = 0;
  let moved: { readonly from: string; readonly to: string } | undefined;

  async function* count(body: AsyncIterable<Uint8Array>): AsyncIterableIterator<Uint8Array> {
    for await (const piece of body) {
      received += piece.byteLength;
      if (received > limit) throw tooLarge();
      onReceived(received);
      yield piece;
    }
  }

  async function request({ url, method = 'GET', headers = {}, body }: GitHttpRequest): Promise<GitHttpResponse> {
    const target = moved && url.startsWith(moved.from) ? moved.to + url.slice(moved.from.length) : url;
    const content = body && (await collect(body));
    // Where the first request is redirected to another origin, `fetch` leaves the header out.
    const isKnown = authorization !== undefined && new URL(target).origin === authorization.origin;
    const response = await outwardFetch(target, {
      method,
      headers: isKnown ? { ...headers, Authorization: authorization.value } : headers,
      redirect: method === 'GET' ? 'follow' : 'error',
      ...(content && { body: content }),
    });
    if (method === 'GET' && response.redirected) moved = movedBase(target, response.url) ?? moved;
    return {
      url: response.url,
      method,
      statusCode: response.status,
      statusMessage: response.statusText,
      headers: Object.fromEntries(response.headers),
      body: count(response.body ?? emptyBody()),
    };
  }
  return { request };
}

/** The beginnings of two URLs that end alike, if the end is that of git's first request. */
function movedBase(from: string, to: string): { from: string; to: string } | undefined {
  const end = from.slice(from.lastIndexOf('/info/refs'));
  return to.endsWith(end) ? { from: from.slice(0, -end.length), to: to.slice(0, -end.length) } : undefined;
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

async function* emptyBody(): AsyncIterable<Uint8Array> {}
