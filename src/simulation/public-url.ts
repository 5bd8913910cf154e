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
