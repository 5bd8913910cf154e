import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SESSION_KEY_EFFECTS, SIMULATION_KEY_EFFECTS } from '../../../src/config/key-effects.ts';
import { loadSimulationConfig, sessionConfigFrom, simulationConfigFrom } from '../../../src/config/load-config.ts';
import { followConfig, mergeConfig } from '../../../src/config/reload.ts';
import { sessionConfigSchema } from '../../../src/config/session-config.ts';
import type { SimulationConfig } from '../../../src/config/simulation-config.ts';
import { simulationConfigSchema } from '../../../src/config/simulation-config.ts';
import { createLogger } from '../../../src/log.ts';

const BASE = { server: 'localhost', ssl: false, portRewrite: false };
const BOUND = { timeout: 20_000, interval: 10 };

const configOf = (values: object) => simulationConfigFrom({ ...BASE, ...values }).config;

describe('the effects of keys', () => {
  it.each([
    ['session', sessionConfigSchema, SESSION_KEY_EFFECTS],
    ['simulation', simulationConfigSchema, SIMULATION_KEY_EFFECTS],
  ] as const)('are told for every key of the %s configuration, and for no other', (_, schema, effects) => {
    const keys = Object.keys(schema.shape).filter((key) => key !== '$schema');

    expect(Object.keys(effects).sort()).toEqual(keys.sort());
  });
});

describe('mergeConfig', () => {
  const merge = (before: object, after: object) => {
    const { config, changed, waiting } = mergeConfig(configOf(before), configOf(after), SIMULATION_KEY_EFFECTS);
    return { config, changed, waiting };
  };

  it('takes over live keys, and leaves the others as they are', () => {
    const { config, changed, waiting } = merge(
      { title: 'Old', maxConnections: 10 },
      { title: 'New', maxConnections: 20, timeout: 400 },
    );

    expect(config).toEqual(configOf({ title: 'New', maxConnections: 10, timeout: 400 }));
    expect([changed, waiting]).toEqual([['timeout', 'title'], ['maxConnections']]);
  });

  it('takes over keys that are new or gone', () => {
    const added = merge({}, { adminToken: 'correct-horse-battery', logLevel: 'warn' });
    expect(added.config).toEqual(configOf({ adminToken: 'correct-horse-battery', logLevel: 'warn' }));

    const removed = merge({ adminToken: 'correct-horse-battery' }, {});
    expect(removed.config).toEqual(configOf({}));
    expect(removed.changed).toEqual(['adminToken']);
  });

  it('lets new simulation servers wait where the way in which they are asked has to', () => {
    const session = (values: object) => sessionConfigFrom({ ...BASE, port: 1999, ...values }).config;
    const before = session({ simulationServers: ['hub.lab:2000'] });
    const after = session({ simulationServers: ['hub.lab/2000'], ssl: true, portRewrite: true, loadThreshold: 90 });

    const { config, changed, waiting } = mergeConfig(before, after, SESSION_KEY_EFFECTS);

    expect([config.simulationServers, changed]).toEqual([['hub.lab:2000'], ['loadThreshold']]);
    expect(waiting).toEqual(['ssl', 'portRewrite', 'simulationServers']);
  });

  it('lets the whole address wait where a part of it has to', () => {
    const { config, changed, waiting } = merge({}, { server: 'hub.example.org', ssl: true, title: 'New' });

    expect(waiting).toEqual(['server', 'ssl', 'bindAddress']);
    expect([config.server, config.ssl, config.bindAddress, changed]).toEqual([
      'localhost',
      false,
      '127.0.0.1',
      ['title'],
    ]);
  });

  it('changes the address at once where every part of it may', () => {
    const bound = { bindAddress: '127.0.0.1' };

    expect(merge(bound, { ...bound, server: 'hub.example.org', portRewrite: true }).changed).toEqual([
      'server',
      'portRewrite',
    ]);
  });
});

describe('followConfig', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reload-'));
    file = join(folder, 'lab.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (path: string, values: object | string) =>
    writeFile(path, typeof values === 'string' ? values : JSON.stringify({ ...BASE, ...values }));

  async function follow() {
    const log: Record<string, unknown>[] = [];
    const titles: string[] = [];
    const output = { isTerminal: false, write: (line: string) => void log.push(JSON.parse(line)) };
    const { config: first } = await loadSimulationConfig(file);
    const following = followConfig<SimulationConfig>({
      first,
      file,
      effects: SIMULATION_KEY_EFFECTS,
      load: () => loadSimulationConfig(file),
      apply: ({ title }) => void titles.push(title),
      log: createLogger({ output }),
    });
    const heard = (wanted: string[]) => vi.waitFor(() => expect(titles).toEqual(wanted), BOUND);
    const logged = (line: object) => vi.waitFor(() => expect(log).toContainEqual(expect.objectContaining(line)), BOUND);
    return { ...following, titles, log, heard, logged, [Symbol.dispose]: following.stop };
  }

  it('reads a file again that was written anew, or replaced', async () => {
    await write(file, { title: 'first' });
    using following = await follow();

    await write(file, { title: 'written' });
    await following.heard(['written']);
    await write(`${file}.new`, { title: 'replaced' });
    await rename(`${file}.new`, file);
    await following.heard(['written', 'replaced']);
    expect(following.log).toContainEqual(
      expect.objectContaining({ message: 'configuration read again', cause: 'file', changed: ['title'] }),
    );
  });

  it('reads a file again behind links that were replaced, as those of a ConfigMap', async () => {
    const version = async (name: string) => {
      await write(join(folder, `${name}.json`), { title: name });
      await symlink(`${name}.json`, join(folder, '..new'));
      await rename(join(folder, '..new'), join(folder, '..data'));
    };
    await version('first');
    await symlink('..data', file);
    using following = await follow();

    await version('second');

    await following.heard(['second']);
  });

  it('waits for a file that is gone for a moment', async () => {
    await write(file, { title: 'first' });
    using following = await follow();

    await rename(file, `${file}.old`);
    await write(`${file}.new`, { title: 'back' });
    await rename(`${file}.new`, file);

    await following.heard(['back']);
    expect(following.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('refuses a file that cannot be used in the words of a start, and keeps what is in force', async () => {
    await write(file, { title: 'first' });
    using following = await follow();

    await write(file, { title: 'second', port: 70_000 });

    await following.logged({
      message: 'configuration refused; the one in force stays',
      problem: expect.stringContaining('Expected `port` to be an integer from 1 to 65535, got 70000'),
    });
    expect(following.titles).toEqual([]);
    await write(file, { title: 'third' });
    await following.heard(['third']);
  });

  it('names keys and never their values', async () => {
    await write(file, {});
    using following = await follow();

    await write(file, { adminToken: 'correct-horse-battery', description: 'staple' });

    await following.logged({ changed: ['description', 'adminToken'] });
    expect(JSON.stringify(following.log)).not.toMatch(/correct|staple/);
  });

  it('looks at the file no more where watchConfig has become false, and again where it is told to', async () => {
    await write(file, { title: 'first' });
    using following = await follow();
    await write(file, { title: 'second', watchConfig: false });
    await following.heard(['second']);

    await write(file, { title: 'third', watchConfig: false });
    await following.reload('signal');
    expect(following.titles).toEqual(['second', 'third']);
    expect(following.log.filter(({ cause }) => cause === 'file')).toHaveLength(1);
  });
});
