import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LoadSample } from '../../machines/load-monitor.ts';

export type GpuSample = Pick<LoadSample, 'gpu' | 'gpuMemoryController' | 'gpuMemory'>;

export interface GpuReader {
  start(): void;
  /** The latest sample, all 0 where there is no GPU that can be read. */
  latest(): GpuSample;
  stop(): void;
}

const NO_GPU: GpuSample = { gpu: 0, gpuMemoryController: 0, gpuMemory: 0 };

const QUERY = 'utilization.gpu,utilization.memory,memory.used,memory.total';

/**
 * Reads NVIDIA GPUs through one lasting `nvidia-smi`, which is cheaper than
 * one a second. Of several GPUs the busiest counts. Where the program is
 * missing or ends, the samples are 0.
 */
export function nvidiaReader(program = 'nvidia-smi'): GpuReader {
  let child: ChildProcess | undefined;
  let latest = NO_GPU;
  return {
    start() {
      child = spawn(program, [`--query-gpu=${QUERY}`, '--format=csv,noheader,nounits', '--loop=1'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child.on('error', () => {
        latest = NO_GPU;
      });
      child.on('exit', () => {
        latest = NO_GPU;
      });
      createInterface({ input: child.stdout! }).on('line', (line) => {
        latest = readGpuLine(line) ?? latest;
      });
    },
    latest: () => latest,
    stop() {
      child?.kill();
      child = undefined;
    },
  };
}

/** One line of `nvidia-smi`'s CSV, e.g. `12, 3, 512, 8192`; undefined if it is none. Fields that the GPU lacks count as 0. */
export function readGpuLine(line: string): GpuSample | undefined {
  const fields = line.split(',').map((field) => Number.parseFloat(field));
  if (fields.length !== 4) return undefined;
  const [gpu = 0, gpuMemoryController = 0, used = 0, total = 0] = fields.map((field) =>
    Number.isFinite(field) ? field : 0,
  );
  return { gpu, gpuMemoryController, gpuMemory: total > 0 ? (100 * used) / total : 0 };
}
