import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSimulationConfig } from '../../../src/config/load-config.ts';
import { type ConfigFolder, createConfigFolder } from '../../fixtures/config-folder.ts';

/** By default, proxies on this machine. */
const trustedProxies = ['127.0.0.0/8', '::1'];

let folder: string;
let write: ConfigFolder['write'];

beforeAll(async () => {
  const files = await createConfigFolder();
  ({ path: folder, write } = files);
  return files.remove;
});

describe('loadSimulationConfig', () => {
  it('reads the file of a Python simulation server that uses every key', async () => {
    const values = {
      server: 'robots.example.org',
      ssl: true,
      port: 3000,
      portRewrite: true,
      docker: false,
      allowedRepositories: ['https://github.com/example', 'https://github.com/cyberbotics/webots-projects/blob/main'],
      blockedRepositories: ['https://github.com/evil'],
      shareIdleTime: 0,
      notify: 'https://webots.cloud/ajax/server/setup.php',
      projectsDir: '/srv/projects',
      webotsHome: '/usr/local/webots',
      maxConnections: 12,
      logDir: 'log/',
      monitorLogEnabled: true,
      debug: false,
      watchConfig: true,
      timeout: 3600,
      title: 'Robots',
      description: 'A machine in <b>Lausanne</b>',
      persistantDockerImages: ['cyberbotics/webots.cloud:R2023b-ubuntu22.04'],
    };
    const file = await write('full-simulation.json', values);

    expect(await loadSimulationConfig(file)).toEqual({
      config: {
        ...values,
        notify: ['https://webots.cloud/ajax/server/setup.php'],
        bindAddress: '::',
        trustedProxies,
        mirrors: {},
        hosts: {},
        credentials: [],
        git: 'auto',
        engine: 'auto',
        checkoutTimeout: 120,
        maxProjectSize: 2048,
        sessionServers: [],
        monitor: 'public',
        startTimeout: 60,
        stream: 'proxy',
        heartbeatTimeout: 30,
        display: 'auto',
        killGrace: 5,
        protoHosts: [],
        drainTimeout: 0,
        pingInterval: 15,
        queueLength: 0,
        queueTimeout: 600,
        maxSessionsPerAddress: 0,
        maxSessionsPerRepository: 0,
      },
      warnings: [],
      file,
      folder,
    });
  });

  it('finds the folders of mirrors from the file, and leaves URLs alone', async () => {
    await mkdir(join(folder, 'worlds'), { recursive: true });
    const mirrors = { 'https://github.com/a/b': '../worlds', 'https://github.com': 'https://git.example.org/github' };
    const file = await write('nested/mirrors.json', { server: 'localhost', mirrors });

    expect((await loadSimulationConfig(file)).config.mirrors).toEqual({
      'https://github.com/a/b': join(folder, 'worlds'),
      'https://github.com': 'https://git.example.org/github',
    });
  });

  it('finds the files of tokens from the file, by variables, and leaves names of variables alone', async () => {
    const [prefix, other] = ['https://github.com/school', 'http://localhost:3000/git'];
    const credentials = [
      { prefix, tokenFile: '../secrets/token', user: 'ada' },
      { prefix: other, tokenEnv: 'GIT_TOKEN' },
    ];
    const file = await write('nested/credentials.json', { server: 'localhost', credentials });

    expect((await loadSimulationConfig(file)).config.credentials).toEqual([
      { prefix, tokenFile: join(folder, 'secrets/token'), user: 'ada' },
      { prefix: other, tokenEnv: 'GIT_TOKEN' },
    ]);
  });

  it('refuses a mirror whose folder is not there', async () => {
    const file = await write('no-mirror.json', { mirrors: { 'https://github.com/a': './none' } });

    await expect(loadSimulationConfig(file)).rejects.toThrow(
      `Expected \`mirrors["https://github.com/a"]\` to be a URL or an existing folder, got ${join(folder, 'none')}`,
    );
  });
});
