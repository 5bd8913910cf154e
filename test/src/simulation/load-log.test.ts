import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createLoadLog } from '../../../src/simulation/load-log.ts';
import { fakeEngine } from '../../fixtures/fake-engine.ts';
import { startSimulationServer } from '../../fixtures/simulation-server.ts';

const HEADER =
  'Timestamp, Webots running, Webots idle, CPU load, CPU memory, GPU load compute, GPU load memory, GPU memory, Swap, Disk, Network sent, Network received';

const sample = {
  cpu: 12.34567,
  memory: 2,
  gpu: 3,
  gpuMemoryController: 4,
  gpuMemory: 5,
  swap: 6,
  disk: 7,
  networkSent: 0.00123,
  networkReceived: 9,
};

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';

/** Longest wait for a row, in ms. */
const BOUND = { timeout: 20_000, interval: 20 };

let mirror: string;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'load-log-'));
  await mkdir(join(mirror, 'worlds'));
  await writeFile(join(mirror, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
});
afterAll(() => rm(mirror, { recursive: true }));

describe('the load log', () => {
  it("has webots-server's columns, and a row for each sample", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'load-log-'));
    const log = createLoadLog(folder);
    const before = Math.floor(Date.now() / 1_000);

    log.record(sample, { running: 2, idle: 1 });

    const [header, row, rest] = (await rows(folder)).map((line) => line.split(', '));
    expect(header?.join(', ')).toBe(HEADER);
    expect(row?.slice(1).map(Number)).toEqual([2, 1, 12.346, 2, 3, 4, 5, 6, 7, 0.001, 9]);
    expect(Number(row?.[0])).toBeGreaterThanOrEqual(before);
    expect(rest).toEqual(['']);
    await rm(folder, { recursive: true });
  });

  it('is written by a simulation server, which counts its engines', async () => {
    await using server = await startServer({}, 'stream');
    const client = await server.connect();
    client.start(WORLD);
    const address = await client.heard('webots:');
    const logDir = join(server.projectsDir, 'log');
    const latestCounts = async () => (await rows(logDir)).at(-2)?.split(', ').slice(1, 3);
    await vi.waitFor(async () => expect(await latestCounts()).toEqual(['0', '1']), BOUND);

    const viewer = new WebSocket(address.replace('webots:', ''));
    await once(viewer, 'open');
    viewer.send('real-time');

    await vi.waitFor(async () => expect(await latestCounts()).toEqual(['1', '0']), BOUND);
    viewer.terminate();
  });

  it('is not written where monitorLogEnabled is false', async () => {
    await using server = await startServer({ monitorLogEnabled: false });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');

    await expect(rows(join(server.projectsDir, 'log'))).rejects.toThrow('ENOENT');
  });
});

const startServer = (config: Record<string, unknown> = {}, engine = '') =>
  startSimulationServer({
    engine: fakeEngine(engine),
    sampleInterval: 20,
    config: {
      allowedRepositories: ['https://github.com/owner'],
      mirrors: { 'https://github.com/owner/project': mirror },
      ...config,
    },
  });

async function rows(logDir: string): Promise<string[]> {
  return (await readFile(join(logDir, 'simulation', 'monitor.csv'), 'utf8')).split('\n');
}
