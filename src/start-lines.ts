import { isLocalName } from './config/bind-address.ts';
import { type PublicAddress, serverUrl } from './operations/public-url.ts';
import type { ListeningAddress, Role } from './role.ts';

interface PublicConfig extends PublicAddress {
  readonly port: number;
}

export interface StartFacts {
  readonly version: string;
  readonly addresses: ReadonlyMap<Role['name'], ListeningAddress>;
  /** What clients are told of the roles that run. */
  readonly configs: { readonly [Name in Role['name']]?: PublicConfig | undefined };
  /** Description of the engine, where the simulation role runs. */
  readonly engine: string | undefined;
  /** Where Stately's tools find what is recorded, where that was asked for. */
  readonly stream?: ListeningAddress | undefined;
}

/** What is printed once everything listens: what runs, which page to open, how to stop. */
export function startLines({ version, addresses, configs, engine, stream }: StartFacts): string {
  const lines = [`webots-hub ${version} is running.`, ''];
  const simulation = addresses.get('simulation');
  const session = addresses.get('session');
  const sessionUrl = session && publicUrl(session, configs.session);
  if (simulation) lines.push(`  simulation server  ${publicUrl(simulation, configs.simulation)}/monitor`);
  if (sessionUrl) lines.push(`  session server     ${sessionUrl}/monitor`);
  if (engine) lines.push(`  engine             ${engine}`);
  const inspected = session ?? simulation;
  if (stream && inspected) {
    lines.push(`  inspection         ${pageUrl(inspected)}/inspect`);
    lines.push(`  for Stately        ws://localhost:${stream.port}`);
  }
  lines.push('');
  if (sessionUrl) lines.push(`  Open ${sessionUrl}/ in a browser to start a simulation.`);
  lines.push('  Press Ctrl+C to stop.', '');
  return `${lines.join('\n')}\n`;
}

/** Where any browser finds the server, or, where that calls itself local, one on this machine. */
function publicUrl(address: ListeningAddress, config?: PublicConfig): string {
  return !config || isLocalName(config.server) ? pageUrl(address) : serverUrl(config, config.port);
}

/** Where a browser on this machine finds what listens on `address`. */
function pageUrl({ address, port, isTls }: ListeningAddress): string {
  const isLocal = ['::', '0.0.0.0', '127.0.0.1', '::1'].includes(address);
  const host = isLocal ? 'localhost' : address;
  return `http${isTls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
