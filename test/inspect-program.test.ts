import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RecordingPart } from '../src/inspection/recording.ts';
import { startProgram } from './fixtures/program.ts';
import { freePort } from './fixtures/simulation-server.ts';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const INSPECT = fileURLToPath(new URL('../dist/src/inspect.js', import.meta.url));
const BOUND = { timeout: 20_000, interval: 50 };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspect-program-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** A session server whose only simulation server is not there. */
async function startSessionServer(...options: string[]) {
  const port = await freePort();
  const config = join(folder, `${port}.json`);
  const simulationServers = [`localhost:${port + 1}`];
  await writeFile(
    config,
    JSON.stringify({ server: 'localhost', port, ssl: false, portRewrite: false, simulationServers, logDir: folder }),
  );
  const program = startProgram(process.execPath, [MAIN, '--role', 'session', '--config', config, ...options]);
  await program.printed('Press Ctrl+C to stop.');
  const part = async () => (await (await fetch(`http://localhost:${port}/inspect/part`)).json()) as RecordingPart;
  return { program, port, part };
}

describe.skipIf(!existsSync(INSPECT))('inspection of the program (needs the build)', { timeout: 60_000 }, () => {
  it('begins with --inspect, and streams to the tools of @statelyai/inspect', async () => {
    const streamPort = (await freePort()) + 2;
    const { program, part, port } = await startSessionServer('--inspect', String(streamPort));
    await using _ = program;
    const events: StatelyInspectionEvent[] = [];
    createWebSocketReceiver({ server: `ws://localhost:${streamPort}` }).subscribe((event) => events.push(event));

    expect(program.lines.join('\n')).toContain(`http://localhost:${port}/inspect`);
    expect(await part()).toMatchObject({ isOn: true, isFile: false });
    await vi.waitFor(() => {
      expect(events).toContainEqual(expect.objectContaining({ type: '@xstate.actor', name: 'availability' }));
      expect(events).toContainEqual(
        expect.objectContaining({
          type: '@xstate.snapshot',
          snapshot: expect.objectContaining({ value: { watched: expect.objectContaining({ health: 'unreachable' }) } }),
        }),
      );
    }, BOUND);
    const machine = events.find((event) => event.type === '@xstate.actor' && event.name === 'availability');
    expect(machine).toHaveProperty('definition', expect.stringContaining('"states"'));
    expect(await program.stop()).toBe(0);
  });

  it('refuses a port that is taken, and says how to choose another one', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;

    const failure = await promisify(execFile)(process.execPath, [
      MAIN,
      '--role',
      'session',
      '--inspect',
      String(port),
    ]).catch((error) => error);

    expect(failure).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('choose another port with --inspect PORT'),
    });
    taken.close();
  });

  it('is switched by SIGUSR2, and what was exported opens without a server', async () => {
    const { program, part, port } = await startSessionServer();
    await using _ = program;
    expect(await part()).toMatchObject({ isOn: false, entries: [] });
    process.kill(program.pid, 'SIGUSR2');
    await vi.waitFor(async () => expect(await part()).toMatchObject({ isOn: true }), BOUND);
    process.kill(program.pid, 'SIGUSR2');
    await vi.waitFor(async () => expect(await part()).toMatchObject({ isOn: false }), BOUND);
    const file = join(folder, 'recording.json');
    await writeFile(file, await (await fetch(`http://localhost:${port}/inspect/recording`)).text());
    const recorded = await part();
    expect(await program.stop()).toBe(0);

    await using shown = startProgram(process.execPath, [INSPECT, file]);
    await shown.printed('Open http://localhost:');
    const [, url = ''] = /Open (\S+)\/inspect/.exec(shown.lines.join('\n')) ?? [];
    const again = (await (await fetch(`${url}/inspect/part`)).json()) as RecordingPart;
    expect(again).toMatchObject({ isOn: false, isFile: true, startedOn: recorded.startedOn });
    expect(again.entries).toEqual(recorded.entries);
    expect(again.entries.length).toBeGreaterThan(0);
    expect((await fetch(`${url}/inspect`)).status).toBe(200);
    expect((await fetch(`${url}/pages/web/inspect.js`)).status).toBe(200);
  });
});
