import { describe, expect, it } from 'vitest';
import { cpuReader } from '../../../src/load/read-cpu.ts';
import { readGpuLine } from '../../../src/load/read-gpu.ts';
import { readNetworkTable } from '../../../src/load/read-network.ts';

describe('readings of the load', () => {
  it('sums the bytes of all interfaces but loopback', () => {
    const table = [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs',
      '    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0',
      '  eth0:1000 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0',
      ' wlan0: 30 1 0 0 0 0 0 0 4 1 0 0 0 0 0 0',
      '',
    ].join('\n');

    expect(readNetworkTable(table)).toEqual({ sent: 24, received: 1030 });
    expect(readNetworkTable('')).toEqual({ sent: 0, received: 0 });
  });

  it.each([
    ['12, 3, 512, 8192', { gpu: 12, gpuMemoryController: 3, gpuMemory: 6.25 }],
    ['[N/A], [N/A], 1, 0', { gpu: 0, gpuMemoryController: 0, gpuMemory: 0 }],
    ['Failed to initialize NVML', undefined],
  ])('reads the GPU line %j', (line, sample) => {
    expect(readGpuLine(line)).toEqual(sample);
  });

  it('gives the load of the CPU as a percentage', () => {
    const read = cpuReader();
    for (let work = 0; work < 5; work++) {
      const load = read();
      expect(load).toBeGreaterThanOrEqual(0);
      expect(load).toBeLessThanOrEqual(100);
    }
  });
});
