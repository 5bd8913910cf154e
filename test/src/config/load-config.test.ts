import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configFile, configNames } from '../../../src/config/config-file.ts';
import { loadSessionConfig, loadSimulationConfig } from '../../../src/config/load-config.ts';

describe('configFile', () => {
  it("is the role's file of that name in this package, wherever the program was started", () => {
    const folderOfConfigs = fileURLToPath(new URL('../../../config', import.meta.url));

    expect(configFile('session')).toBe(join(folderOfConfigs, 'session', 'local.json'));
    expect(configFile('simulation', 'docs')).toBe(join(folderOfConfigs, 'simulation', 'docs.json'));
  });

  it('is a file relative to the current folder where it looks like one', () => {
    expect(configFile('session', 'lab.json')).toBe(resolve('lab.json'));
    expect(configFile('session', '../lab')).toBe(resolve('../lab'));
    expect(configFile('session', '/etc/hub')).toBe('/etc/hub');
  });
});

describe('the configurations of this package', () => {
  it.each(configNames('session'))('session/%s.json is accepted without a warning', async (name) => {
    expect((await loadSessionConfig(configFile('session', name))).warnings).toEqual([]);
  });

  it.each(configNames('simulation'))('simulation/%s.json is accepted without a warning', async (name) => {
    expect((await loadSimulationConfig(configFile('simulation', name))).warnings).toEqual([]);
  });

  it('local.json of both roles find each other, on this machine only', async () => {
    const session = await loadSessionConfig(configFile('session'));
    const simulation = await loadSimulationConfig(configFile('simulation'));

    expect(session.config.simulationServers).toEqual([`${simulation.config.server}:${simulation.config.port}`]);
    expect([session.config.bindAddress, simulation.config.bindAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});
