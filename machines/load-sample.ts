/** What is measured of a machine; also for pages, which cannot do with the machine that measures it. */

/** All in percent of what the machine has, 0 where there is none; rates in MB/s. */
export interface LoadSample {
  readonly cpu: number;
  readonly memory: number;
  readonly swap: number;
  readonly gpu: number;
  /** Load of the GPU's memory controller. */
  readonly gpuMemoryController: number;
  readonly gpuMemory: number;
  readonly disk: number;
  readonly networkSent: number;
  readonly networkReceived: number;
}

/**
 * The load that one sample stands for, in percent: webots-server
 * `max(cpu, (swap + ram + gpu memory) / 3, gpu)`.
 */
export function loadOf(sample: LoadSample): number {
  return Math.max(sample.cpu, (sample.swap + sample.memory + sample.gpuMemoryController) / 3, sample.gpu);
}
