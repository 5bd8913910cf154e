import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Report } from '../../../../src/client/try/report.ts';
import { canSeeProcesses } from '../../../../src/client/try/traces.ts';
import { Trail } from '../../../../src/client/try/trail.ts';

/** Listens on the port of its first argument until it hears a line, and runs until its input ends. */
const ENGINE = `
  const port = Number(process.argv[1].split('=')[1]);
  const server = require('net').createServer().listen(port, 'localhost', () => console.log('open'));
  process.stdin.once('data', () => server.close(() => console.log('closed')));
`;

/** How long these tests wait for what does not go away, in ms. */
const WAIT = 100;

async function startEngine() {
  const folder = await mkdtemp(join(tmpdir(), 'trail-'));
  const session = basename(folder);
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const engine = spawn(process.execPath, ['-e', ENGINE, '--', `--port=${port}`, `${folder}/p/worlds/w.wbt`], {
    env: { ...process.env, WEBOTS_HUB_SESSION: session },
  });
  await once(engine.stdout, 'data');
  const told: string[] = [];
  return {
    session,
    folder,
    pid: engine.pid,
    trail: await Trail.follow(`ws://localhost:${port}`, WAIT),
    report: new Report((line) => told.push(line.slice(12))),
    told,
    async closePort() {
      engine.stdin.write('\n');
      await once(engine.stdout, 'data');
    },
    async exit() {
      engine.stdin.end('\n');
      await once(engine, 'exit');
    },
    async [Symbol.asyncDispose]() {
      engine.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe.skipIf(!canSeeProcesses)('Trail (needs /proc)', () => {
  it('breaks while the port is open', async () => {
    await using engine = await startEngine();

    await expect(engine.trail.expectGone(engine.report)).rejects.toThrow(/still accepts connections 0\.1 s later\.$/);
  });

  it('breaks while a process is there', async () => {
    await using engine = await startEngine();
    await engine.closePort();

    await expect(engine.trail.expectGone(engine.report)).rejects.toThrow(
      `Processes of the session are left: ${engine.pid}.`,
    );
  });

  it('breaks while the folder is there', async () => {
    await using engine = await startEngine();
    await engine.exit();

    await expect(engine.trail.expectGone(engine.report)).rejects.toThrow(
      `The folder of the session is left: ${engine.folder}.`,
    );
  });

  it('tells that nothing is left', async () => {
    await using engine = await startEngine();
    await engine.exit();
    await rm(engine.folder, { recursive: true });
    await engine.trail.expectGone(engine.report);

    expect(engine.told.at(-1)).toBe(`nothing left  no process of session ${engine.session}, and no ${engine.folder}\n`);
  });
});
