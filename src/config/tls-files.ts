import { resolve } from 'node:path';

/** @param folder absolute path of the folder to which the files are relative */
export function tlsFiles({ cert, key }: { readonly cert: string; readonly key: string }, folder: string) {
  return { cert: resolve(folder, cert), key: resolve(folder, key) };
}
