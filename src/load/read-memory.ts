import { readFile } from 'node:fs/promises';

/** Bytes of this machine. */
export interface Memory {
  readonly total: number;
  /** What programs could still take without others being swapped out. */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapUsed: number;
}

const BYTES_IN_KIB = 1024;

/** Memory and swap now: from `/proc` where there is one, else by programs that systeminformation starts. */
export async function readMemory(): Promise<Memory> {
  const table = await readFile('/proc/meminfo', 'latin1').catch(() => undefined);
  if (table !== undefined) return readMemoryTable(table);
  const { mem } = await import('systeminformation');
  const { total, available, swaptotal, swapused } = await mem();
  return { total, available, swapTotal: swaptotal, swapUsed: swapused };
}

/** Reads `/proc/meminfo`, see proc(5); what it does not have is 0. */
export function readMemoryTable(text: string): Memory {
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * BYTES_IN_KIB;
  const swapTotal = bytes('SwapTotal');
  return {
    total: bytes('MemTotal'),
    available: bytes('MemAvailable'),
    swapTotal,
    swapUsed: swapTotal - bytes('SwapFree'),
  };
}
