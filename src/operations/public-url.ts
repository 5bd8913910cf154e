export interface PublicAddress {
  readonly server: string;
  readonly ssl: boolean;
  readonly portRewrite: boolean;
}

/**
 * Scheme, host and separator that stand before an engine's port in its public
 * address: a proxy that rewrites ports takes them as the first part of a path.
 */
export function streamBase({ server, ssl, portRewrite }: PublicAddress): string {
  return `${ssl ? 'wss' : 'ws'}://${server}${portRewrite ? '/' : ':'}`;
}

/** Public URL of this server's own port. */
export function serverUrl(address: PublicAddress, port: number): string {
  return `${streamBase(address).replace(/^ws/, 'http')}${port}`;
}

/** The server's own port as session servers name it: an entry of their `simulationServers`. */
export function serverEntry(address: PublicAddress, port: number): string {
  return `${streamBase(address).replace(/^wss?:\/\//, '')}${port}`;
}
