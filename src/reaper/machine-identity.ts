import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where and since when numbers of processes mean what they mean. */
export interface MachineIdentity {
  /** Name of the machine or of the container. */
  readonly host: string;
  /** Changes with each start of the machine; '' where the system does not tell. */
  readonly bootId: string;
  /** Changes with each start of a container; '' where the system does not tell. */
  readonly pidNamespace: string;
}

export function machineIdentity(): MachineIdentity {
  return {
    host: hostname(),
    bootId: known(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    pidNamespace: known(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** '' for what this system has no file for. */
function known(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
