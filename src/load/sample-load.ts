import { statfs } from 'node:fs/promises';
import { fromCallback } from 'xstate';
import type { LoadSample } from '../../machines/load-monitor.ts';
import { cpuReader } from './read-cpu.ts';
import type { GpuReader } from './read-gpu.ts';
import { readMemory } from './read-memory.ts';
import { networkReader } from './read-network.ts';

/** Wait between two samples, in ms: 1 s as in webots-server. */
const SAMPLE_INTERVAL = 1_000;

/**
 * The `sampler` actor of `loadMonitorMachine`: asks the system, which on Linux starts no program, and the GPU by `gpu`.
 * A reading that fails counts as 0 and never ends the actor; the next sample starts only when the last one is done.
 */
export function sampleLoad(gpu: GpuReader) {
  return fromCallback(({ sendBack }) => {
    const stopped = new AbortController();
    const readCpu = cpuReader();
    const readNetwork = networkReader();
    let timer: NodeJS.Timeout | undefined;
    gpu.start();
    void sample();

    async function sample(): Promise<void> {
      const begin = performance.now();
      const [memory, disk, network] = await Promise.all([
        readMemory().catch(() => undefined),
        diskFill().catch(() => 0),
        readNetwork(),
      ]);
      if (stopped.signal.aborted) return;
      const reading: LoadSample = {
        cpu: readCpu(),
        memory: memory ? percent(memory.total - memory.available, memory.total) : 0,
        swap: memory ? percent(memory.swapUsed, memory.swapTotal) : 0,
        ...gpu.latest(),
        disk,
        ...network,
      };
      sendBack({ type: 'load.sampled', sample: reading });
      timer = setTimeout(() => void sample(), Math.max(0, SAMPLE_INTERVAL - (performance.now() - begin)));
    }

    return () => {
      stopped.abort();
      clearTimeout(timer);
      gpu.stop();
    };
  });
}

/** How full the file system of the root is, in percent of what users may fill, as `df` tells it. */
async function diskFill(): Promise<number> {
  const { blocks, bfree, bavail } = await statfs('/');
  const used = blocks - bfree;
  return percent(used, used + bavail);
}

function percent(part: number, whole: number): number {
  return whole > 0 ? (100 * part) / whole : 0;
}
