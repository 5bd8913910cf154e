import type { ListeningAddress, Role } from './role.ts';

export interface StartFacts {
  readonly version: string;
  readonly addresses: ReadonlyMap<Role['name'], ListeningAddress>;
  /** Description of the engine, where the simulation role runs. */
  readonly engine: string | undefined;
  /** Where Stately's tools find what is recorded, where that was asked for. */
  readonly stream?: ListeningAddress | undefined;
}

/** What is printed once everything listens: what runs, which page to open, how to stop. */
export function startLines({ version, addresses, engine, stream }: StartFacts): string {
  const lines = [`webots-hub ${version} is running.`, ''];
  const simulation = addresses.get('simulation');
  const session = addresses.get('session');
  if (simulation) lines.push(`  simulation server  ${pageUrl(simulation)}/monitor`);
  if (session) lines.push(`  session server     ${pageUrl(session)}/monitor`);
  if (engine) lines.push(`  engine             ${engine}`);
  const inspected = session ?? simulation;
  if (stream && inspected) {
    lines.push(`  inspection         ${pageUrl(inspected)}/inspect`);
    lines.push(`  for Stately        ws://localhost:${stream.port}`);
  }
  lines.push('');
  if (session) lines.push(`  Open ${pageUrl(session)}/ in a browser to start a simulation.`);
  lines.push('  Press Ctrl+C to stop.', '');
  return `${lines.join('\n')}\n`;
}

/** Where a browser on this machine finds what listens on `address`. */
function pageUrl({ address, port, isTls }: ListeningAddress): string {
  const isLocal = ['::', '0.0.0.0', '127.0.0.1', '::1'].includes(address);
  const host = isLocal ? 'localhost' : address;
  return `http${isTls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
