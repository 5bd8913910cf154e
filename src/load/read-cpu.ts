import { cpus } from 'node:os';

/** @returns a function that gives the load of all cores in percent since its last call, 0 at the first one */
export function cpuReader(): () => number {
  let last = cpuTimes();
  return () => {
    const now = cpuTimes();
    const total = now.total - last.total;
    const busy = total - (now.idle - last.idle);
    last = now;
    return total > 0 ? (100 * busy) / total : 0;
  };
}

/** Milliseconds of all cores since the machine's start. */
function cpuTimes(): { readonly total: number; readonly idle: number } {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.irq + times.idle;
    idle += times.idle;
  }
  return { total, idle };
}
