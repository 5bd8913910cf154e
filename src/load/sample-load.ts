import { currentLoad, fsSize, mem, networkStats } from 'systeminformation';
import { fromCallback } from 'xstate';
import type { LoadSample } from '../../machines/load-monitor.ts';
import type { GpuReader } from './read-gpu.ts';

/** Wait between two samples, in ms: 1 s as in webots-server. */
const SAMPLE_INTERVAL = 1_000;

/** Wait between two looks at the disk's fill, in ms: our choice, since it starts a program. */
const DISK_INTERVAL = 60_000;

const BYTES_IN_MB = 1e6;

/**
 * The `sampler` actor of `loadMonitorMachine`: reads CPU, memory and network by
 * systeminformation, the GPU by `gpu`. A reading that fails counts as 0 and
 * never ends the actor; the next sample starts only when the last one is done.
 */
export function sampleLoad(gpu: GpuReader) {
  return fromCallback(({ sendBack }) => {
    const stopped = new AbortController();
    let disk = 0;
    let timer: NodeJS.Timeout | undefined;
    const diskTimer = setInterval(() => void lookAtDisk(), DISK_INTERVAL);
    gpu.start();
    void lookAtDisk();
    void sample();

    async function sample(): Promise<void> {
      const begin = performance.now();
      const [cpu, memory, network] = await Promise.all([
        currentLoad().catch(() => undefined),
        mem().catch(() => undefined),
        networkStats().catch(() => []),
      ]);
      if (stopped.signal.aborted) return;
      const reading: LoadSample = {
        cpu: cpu?.currentLoad ?? 0,
        memory: memory ? percent(memory.total - memory.available, memory.total) : 0,
        swap: memory ? percent(memory.swapused, memory.swaptotal) : 0,
        ...gpu.latest(),
        disk,
        networkSent: sum(network.map(({ tx_sec }) => tx_sec)) / BYTES_IN_MB,
        networkReceived: sum(network.map(({ rx_sec }) => rx_sec)) / BYTES_IN_MB,
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

/** Values that the system does not know (null or negative before the second look) count as 0. */
function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + Math.max(0, value ?? 0), 0);
}
