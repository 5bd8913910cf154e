/** Where Webots' own PROTOs are, by its release, as `webots://` means (Webots' guide, "EXTERNPROTO"). */
const WEBOTS_REPOSITORY = 'https://raw.githubusercontent.com/cyberbotics/webots/';

/**
 * The address of a file on the network.
 *
 * @param version release of the world, which `webots://` depends on
 * @returns `undefined` for a URL of another kind
 */
export function remoteUrl(url: string, version: string): URL | undefined {
  const [, path] = /^webots:\/\/(.*)$/s.exec(url) ?? [];
  if (path !== undefined && !/^R\d{4}[a-z]$/.test(version)) return undefined;
  const address = path === undefined ? url : `${WEBOTS_REPOSITORY}${version}/${path}`;
  return /^https:\/\//i.test(address) && URL.canParse(address) ? new URL(address) : undefined;
}
