import { describe, expect, it } from 'vitest';
import { readDeviceTable, readSystemName } from '../../../src/load/machine-facts.ts';
import { cpuReader } from '../../../src/load/read-cpu.ts';
import { readGpuLine } from '../../../src/load/read-gpu.ts';
import { readMemoryTable } from '../../../src/load/read-memory.ts';
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

  it('takes memory and swap in KiB, and what is missing as none', () => {
    const table = [
      'MemTotal:       1000 kB',
      'MemFree:  1 kB',
      'MemAvailable: 600 kB',
      'SwapCached: 9 kB',
      'SwapTotal: 50 kB',
      'SwapFree: 20 kB',
    ];

    expect(readMemoryTable(table.join('\n'))).toEqual({
      total: 1_024_000,
      available: 614_400,
      swapTotal: 51_200,
      swapUsed: 30_720,
    });
    expect(readMemoryTable('')).toEqual({ total: 0, available: 0, swapTotal: 0, swapUsed: 0 });
  });

  it.each([
    ['PRETTY_NAME="x"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n', 'Debian GNU/Linux 12'],
    ['NAME=Arch\nID=arch\n', 'Arch'],
    ['', undefined],
  ])('reads the name of the system from %j', (text, name) => {
    expect(readSystemName(text)).toBe(name);
  });

  it('finds the graphics cards among the devices', () => {
    const table = [
      '00:00.0 "Host bridge" "Intel Corporation" "Device 3e34" -r0b "Dell" "Device 08af"',
      '00:02.0 "VGA compatible controller" "Intel Corporation" "UHD Graphics 620" -r02 "Dell" "Device 08af"',
      '01:00.0 "3D controller" "NVIDIA Corporation" "GP108M [GeForce MX150]" -ra1 "Dell" "Device 08af"',
      '',
    ].join('\n');

    expect(readDeviceTable(table)).toEqual([
      'Intel Corporation UHD Graphics 620',
      'NVIDIA Corporation GP108M [GeForce MX150]',
    ]);
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
