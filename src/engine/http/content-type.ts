import { extname } from 'node:path';

/** The types that Webots gives (protocol of its HTTP server), and those that browsers need for pages of robot windows. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.png', 'image/png'],
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.ico', 'image/x-icon'],
  ['.svg', 'image/svg+xml'],
  ['.html', 'text/html'],
  ['.css', 'text/css'],
  ['.js', 'application/javascript'],
  ['.mjs', 'application/javascript'],
  ['.json', 'application/json'],
  ['.dae', 'model/vnd.collada+xml'],
  ['.obj', 'model/obj'],
  ['.mtl', 'model/mtl'],
  ['.stl', 'model/stl'],
]);

/** The type of a file by the end of its name. */
export function contentType(path: string): string {
  return TYPES.get(extname(path).toLowerCase()) ?? 'application/octet-stream';
}
