/** Where the files of a scene are. */
export interface AssetPlace {
  /** The engine's HTTP address, with a slash at its end. */
  readonly base: string;
  /** Path of the current world in its project, e.g. `worlds/arm.wbt`. */
  readonly world: string;
}

/** What `webots://` stands for: the engine serves the files of its installation below this. */
const INSTALLATION = '~WEBOTS_HOME/';

/**
 * The address of a texture or mesh: pictures are named from the project's folder, meshes from the world's.
 *
 * @returns `undefined` for what is no http address, or would not come from the engine
 */
export function assetUrl(
  url: string,
  kind: 'picture' | 'mesh',
  { base, world }: AssetPlace,
): { readonly href: string; readonly isForeign: boolean } | undefined {
  const engine = new URL(base);
  const path = url.replaceAll('\\', '/').replace(/^webots:\/\//, INSTALLATION);
  if (/^https?:\/\//.test(path)) {
    if (!URL.canParse(path)) return undefined;
    const { href, origin } = new URL(path);
    return { href, isForeign: origin !== engine.origin };
  }
  if (/^[a-z][a-z\d+.-]*:/i.test(path) || path.startsWith('/')) return undefined;
  const isInWorldFolder = kind === 'mesh' && !path.startsWith(INSTALLATION);
  const folder = isInWorldFolder ? world.slice(0, world.lastIndexOf('/') + 1) : '';
  const { href } = new URL(encodePath(folder + path), base);
  return href.startsWith(engine.href) ? { href, isForeign: false } : undefined;
}

/** What people read of files on other hosts, once for each host. */
export function foreignNotice(href: string): string {
  return `Pictures and meshes of ${new URL(href).host} are not shown: this page loads nothing from other hosts.`;
}

/** Names may hold what means something in addresses. */
function encodePath(path: string): string {
  return path.replaceAll('%', '%25').replaceAll('#', '%23').replaceAll('?', '%3F');
}
