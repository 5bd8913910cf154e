import { posix } from 'node:path';

/** URLs of clients' own: they fetch these by themselves. */
const ABSOLUTE = /^(?:https?|webots):\/\//;

/**
 * The URL of a picture as clients expect it: relative to the project, where a
 * world has it relative to itself.
 *
 * @param folder the world's folder, relative to the project, with `/` between names
 * @returns `undefined` where it would lie outside of the project
 */
export function assetUrl(url: string, folder: string): string | undefined {
  if (ABSOLUTE.test(url)) return url;
  if (url === '' || url.startsWith('/') || /^[a-z][a-z+.-]*:/i.test(url) || url.includes('"')) return undefined;
  const path = posix.normalize(posix.join(folder, url.replaceAll('\\', '/')));
  return path === '..' || path.startsWith('../') ? undefined : path;
}

/** File types of meshes that clients read. */
const MESH = /\.(?:obj|dae|stl)$/i;

/**
 * The URL of a mesh as clients expect it: relative to the world's folder, as
 * worlds have it, but not leading outside of the project.
 *
 * @param folder the world's folder, relative to the project, with `/` between names
 * @returns `undefined` where clients could not have it
 */
export function meshUrl(url: string, folder: string): string | undefined {
  const path = MESH.test(url) ? assetUrl(url, folder) : undefined;
  return path === undefined || ABSOLUTE.test(path) ? path : posix.relative(folder, path);
}
