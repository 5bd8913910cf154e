import { fsSize, mem } from 'systeminformation';
import { fromCallback } from 'xstate';
import type { LoadSample } from '../../machines/load-monitor.ts';
import { cpuReader } from './read-cpu.ts';
import type { GpuReader } from './read-gpu.ts';
import { networkReader } from './read-network.ts';

/** Wait between two samples, in ms: 1 s as in webots-server. */
const SAMPLE_INTERVAL = 1_000;

/** Wait between two looks at the disk's fill, in ms: our choice, since it starts a program. */
const DISK_INTERVAL = 60_000;

/**
 * The `sampler` actor of `loadMonitorMachine`: reads CPU and network from the system,
 * memory and disk by systeminformation (whose CPU and network readings start
 * programs and wait for them, each second), the GPU by `gpu`. A reading that fails counts as 0 and
 * never ends the actor; the next sample starts only when the last one is done.
 */
export function sampleLoad(gpu: GpuReader) {
  return fromCallback(({ sendBack }) => {
    const stopped = new AbortController();
    const readCpu = cpuReader();
    const readNetwork = networkReader();
    let disk = 0;
    let timer: NodeJS.Timeout | undefined;
    const diskTimer = setInterval(() => void lookAtDisk(), DISK_INTERVAL);
    gpu.start();
    void lookAtDisk();
    void sample();

    async function sample(): Promise<void> {
      const begin = performance.now();
      const [memory, network] = await Promise.all([mem().catch(() => undefined), readNetwork()]);
      if (stopped.signal.aborted) return;
      const reading: LoadSample = {
        cpu: readCpu(),
        memory: memory ? percent(memory.total - memory.available, memory.total) : 0,
        swap: memory ? percent(memory.swapused, memory.swaptotal) : 0,
        ...gpu.latest(),
        disk,
        ...network,
      };
      sendBack({ type: 'load.sampled', sample: reading });
      timer = setTimeout(() => void sample(), Math.max(0, SAMPLE_INTERVAL - (performance.now() - begin)));
    }

    async function lookAtDisk(): Promise<void> {
      const disks = await fsSize().catch(() => []);
      disk = disks.find(({ mount }) => mount === '/')?.use ?? disks[0]?.use ?? 0;
    }

    return () => {
      stopped.abort();
      clearTimeout(timer);
      clearInterval(diskTimer);
      gpu.stop();
    };
  });
}

function percent(part: number, whole: number): number {
  return whole > 0 ? (100 * part) / whole : 0;
}
