import { spawnSync } from 'node:child_process';
import { on } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { type CompiledServer, isBuilt, startCompiledServer } from '../fixtures/compiled-server.ts';
import { canFakeTime, startWallClock } from '../fixtures/wall-clock.ts';

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';

/** Hours beyond any wait that the server knows: `timeout` is 2 hours here. */
const JUMP = 10;

/** Pings of a server that has not lost its sense of time, one a second here. */
const PINGS = 3;

/** In seconds: enough for some pings on a busy machine. */
const START_TIMEOUT = 8;

/** In ms. */
const HOUR = 3_600_000;

let mirror: string;
beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'clock-'));
  await mkdir(join(mirror, 'worlds'));
  await writeFile(join(mirror, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
});
afterAll(() => rm(mirror, { recursive: true }));

describe.skipIf(!isBuilt || !canFakeTime)('a server whose clock jumps (needs the build and libfaketime)', () => {
  it.each([
    ['forwards', JUMP],
    ['backwards', -JUMP],
  ])('keeps its sessions, and keeps time with them (%s)', async (_way, hours) => {
    await using clock = await startWallClock();
    await using server = await startServer(clock.environment);
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const quitter = await server.connect();

    await clock.jump(hours);

    await heardPings(client.socket, PINGS);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    quitter.socket.close();
    await server.logged({ message: 'client session ended', reason: 'clientLeft' });
    expect(hoursAhead(server.log.at(-1))).toBe(hours);
    expect(server.log.filter(({ message }) => message === 'client session ended')).toHaveLength(1);
    client.socket.pause();
    await server.logged({ message: 'client session ended', reason: 'clientGone' });
  });

  it.each([
    ['forwards', JUMP],
    ['backwards', -JUMP],
  ])('gives an engine that does not get ready the time that it has, and no more (%s)', async (_way, hours) => {
    await using clock = await startWallClock();
    await using server = await startServer({ ...clock.environment, FAKE_WEBOTS: 'silent' });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('shutdownTimeout');

    await clock.jump(hours);

    await heardPings(client.socket, 1);
    expect(client.messages.filter((text) => text.startsWith('error'))).toEqual([]);
    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe(`error: The simulation was not ready within ${START_TIMEOUT} seconds.`);
  });
});

/** The linter, where it is installed. */
const BIOME = (() => {
  try {
    return createRequire(import.meta.url).resolve('@biomejs/cli-linux-x64/biome');
  } catch {
    // Installed on 64-bit Linux only.
    return undefined;
  }
})();

describe.skipIf(BIOME === undefined)('the linter (needs Biome)', () => {
  it('lets nobody read the clock on the wall but what shows the time of day to people', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lint-'));
    await copyFile(fileURLToPath(new URL('../../biome.json', import.meta.url)), join(folder, 'biome.json'));
    const lines = ['now = Date.now()', 'date = new Date()', 'pure = performance.now()', 'other = Date'];
    const source = lines.map((line) => `export const ${line};\n`).join('');
    const held = ['machines/a.ts', 'src/a.ts', 'src/session/a.ts', 'src/web/a.ts'];
    for (const file of [...held, 'src/log.ts', 'src/web/simulation-panel.ts', 'test/a.ts']) {
      await mkdir(join(folder, file, '..'), { recursive: true });
      await writeFile(join(folder, file), source);
    }

    const { stdout, stderr } = spawnSync(BIOME!, ['lint', '--vcs-enabled=false', '.'], {
      cwd: folder,
      encoding: 'utf8',
    });

    const places = `${stdout}${stderr}`.matchAll(/^\W*([\w/]+\.ts:\d+).*lint\/style\/noRestrictedGlobals/gm);
    expect([...places].map(([, place]) => place).sort()).toEqual(
      held.flatMap((file) => [1, 2, 4].map((line) => `${file}:${line}`)),
    );
    await rm(folder, { recursive: true });
  });
});

async function heardPings(socket: WebSocket, count: number): Promise<void> {
  let heard = 0;
  for await (const _ping of on(socket, 'ping', { close: ['close'] })) if (++heard === count) return;
  throw new Error(`Expected ${count} pings, got ${heard}`);
}

/** By how many hours the time of a line of the log is later than this machine's. */
function hoursAhead(line: Record<string, unknown> | undefined): number {
  return Math.round((Date.parse(String(line?.time)) - Date.now()) / HOUR);
}

function startServer(environment: Record<string, string>): Promise<CompiledServer> {
  return startCompiledServer({
    config: {
      allowedRepositories: ['https://github.com/owner'],
      mirrors: { 'https://github.com/owner/project': mirror },
      pingInterval: 1,
      startTimeout: START_TIMEOUT,
    },
    environment,
  });
}
