import { ASSET_TIMEOUT, MOST_ASSET_BYTES } from './bounds.ts';

/**
 * The bytes of a texture or mesh.
 *
 * @throws Error for an answer that is no success, too large or too late
 */
export async function fetchAsset(href: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(href, {
    credentials: 'omit',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ASSET_TIMEOUT)]),
  });
  if (!response.ok || response.body === null) throw new Error(`Expected a file, got status ${response.status}`);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    size += read.value.length;
    if (size <= MOST_ASSET_BYTES) continue;
    await reader.cancel();
    throw new Error(`Expected a file of at most ${MOST_ASSET_BYTES} bytes, got a longer one`);
  }
  return new Blob(chunks, { type: response.headers.get('Content-Type') ?? '' });
}
