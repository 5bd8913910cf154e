import { join } from 'node:path';
import type { Role } from '../role.ts';

/** Where the server that has this port is asked for it. */
export function controlSocket(folder: string, role: Role['name'], port: number): string {
  return join(folder, `${role}-${port}.sock`);
}

/** Where a server that has handed over answers for its engines. */
export function streamSocket(folder: string, port: number, pid: number): string {
  return join(folder, `streams-${port}.${pid}.sock`);
}
