import type { IncomingMessage } from 'node:http';

/** Longest form that is read, in bytes: our choice; a token takes some dozens. */
const MAX_FORM = 4_096;

/** The field `token` of a form, if the request has one of reasonable size. Its time is bounded by the server. */
export async function readFormToken(request: IncomingMessage): Promise<string | undefined> {
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_FORM) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? undefined;
}
