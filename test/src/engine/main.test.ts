import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { EngineProcess, endEngines, freePort, launchEngine, startEngine } from './fixtures/engine-process.ts';
import { ProjectFolder } from './fixtures/project-folder.ts';
import { StreamClient } from './fixtures/stream-client.ts';
import { worldText } from './fixtures/world-text.ts';
import { readXml } from './fixtures/xml.ts';

const root = join(import.meta.dirname, '../../..');
const example = join(root, 'examples/worlds/marbles.wbt');

afterEach(endEngines);

describe('the embedded engine as a program', () => {
  it('prints its version and its help', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const [asked, helped] = [new EngineProcess(0, ['--version']), new EngineProcess(0, ['--help'])];

    expect(await asked.exited).toEqual({ code: 0, signal: null });
    expect(asked.stdout).toBe(`webots-hub embedded engine ${version}\n`);
    expect(await helped.exited).toEqual({ code: 0, signal: null });
    expect(helped.stdout).toContain('--heartbeat[=<ms>]');
  });

  it.each([
    ['--mystery', "webots: invalid option: '--mystery'"],
    ['--stream=mjpeg', "webots: invalid option: '--stream=mjpeg': the embedded engine draws no pictures"],
  ])('refuses %s with status 1 and a hint', async (option, message) => {
    const engine = new EngineProcess(0, [option, example]);

    expect(await engine.exited).toEqual({ code: 1, signal: null });
    expect(engine.stderr).toContain(message);
    expect(engine.stderr).toContain("Try 'webots --help' for more information.");
    expect(engine.stdout).toBe('');
  });

  it('fails with status 1 for a world that cannot be read', async () => {
    const folder = await ProjectFolder.create({ 'worlds/broken.wbt': worldText('Box { size }') });
    const [missing, broken] = [
      await launchEngine(folder.at('worlds/none.wbt')),
      await launchEngine(folder.at('worlds/broken.wbt')),
    ];

    expect(await missing.exited).toEqual({ code: 1, signal: null });
    expect(missing.stderr).toBe('webots: Expected a readable world file: there is no such file.\n');
    expect(await broken.exited).toEqual({ code: 1, signal: null });
    expect(broken.stderr).toBe('webots: Line 2, column 12: Expected a value of the field "size", got "}".\n');
    expect(missing.stdout + broken.stdout).toBe('');
    await folder.remove();
  });

  it('takes the next port with a warning where its own is taken, and fails where ten more are', async () => {
    const port = await freePort();
    const blocker = createServer().listen(port, '127.0.0.1');
    await once(blocker, 'listening');
    const engine = new EngineProcess(port, [
      '--batch',
      '--heartbeat',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--stream',
      example,
    ]);
    await engine.until(({ lines }) => lines.includes('.'));

    expect(engine.stderr).toContain(`Could not listen to web clients on port ${port}`);
    const [, used] = /Using port (\d+) instead/.exec(engine.stderr) ?? [];
    const client = await StreamClient.connect(`ws://127.0.0.1:${used}/`);
    expect(await client.watch()).toContain('<Scene>');
    blocker.close();

    const last = createServer().listen(65_535, '127.0.0.1');
    await once(last, 'listening');
    const hopeless = new EngineProcess(65_535, ['--batch', '--host=127.0.0.1', '--port=65535', '--stream', example]);
    expect(await hopeless.exited).toEqual({ code: 1, signal: null });
    expect(hopeless.stderr).toContain('Expected one of the ports 65535 to 65535 to be free.');
    last.close();
  });

  it('fails with status 1 where its address cannot be bound', async () => {
    const engine = await launchEngine(example, '--host=192.0.2.1');

    expect(await engine.exited).toEqual({ code: 1, signal: null });
    expect(engine.stderr).toContain('of 192.0.2.1 to be usable: EADDRNOTAVAIL');
  });

  it('beats at once and then every so many milliseconds, and not at all where it was not asked to', async () => {
    const engine = await launchEngine(example, '--heartbeat=20');
    await engine.until(({ lines }) => lines.filter((line) => line === '.').length >= 3);
    expect(new Set(engine.lines)).toEqual(new Set(['.']));

    const port = await freePort();
    const silent = new EngineProcess(port, ['--batch', '--stream', '--host=127.0.0.1', `--port=${port}`, example]);
    const client = await connectedOnce(silent);
    await client.watch();
    expect(silent.stdout).toBe('');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'quits in order at %s, and closes streams with 1000',
    async (signal) => {
      const engine = await startEngine(example);
      const client = await StreamClient.connect(engine.url);
      await client.watch();
      client.say('real-time:-1');
      await client.frame(({ time }) => time > 0);
      engine.child.kill(signal);

      expect(await client.closed).toBe(1000);
      expect(await engine.exited).toEqual({ code: 0, signal: null });
    },
  );

  it('quits when whoever started it is gone', async () => {
    const engine = await launchEngine(example, '--heartbeat=20');
    await engine.until(({ lines }) => lines.includes('.'));
    engine.child.stdout?.destroy();

    await once(engine.child, 'exit');
    expect(engine.child.exitCode).toBe(0);
  });

  it('gives who comes too early the progress of loading, and then the scene', async () => {
    const folder = await ProjectFolder.create();
    // Seconds of reading, so that the client is early on a busy machine as well: only then is it told of the loading.
    const path = await folder.write(
      'worlds/long.wbt',
      worldText(`# ${'long '.repeat(60)}\nDEF A Group { }\n`.repeat(150_000)),
    );
    const engine = await launchEngine(path);
    const client = await connectedOnce(engine);
    client.say('w3d');
    await client.hear('loading:Parsing nodes:');
    await client.hear('loading:Finalizing nodes:100');
    await client.hear('model:');
    await client.hear('pause: 0');
    await engine.until(({ lines }) => lines.includes('.'));
    await folder.remove();
  });

  it('serves the files of the project, and nothing else', async () => {
    const folder = await ProjectFolder.create({
      'worlds/w.wbt': worldText(''),
      'a.png': 'picture',
      '.git/config': 'secret',
    });
    const engine = await startEngine(folder.at('worlds/w.wbt'));

    expect(await get(engine, '/a.png')).toEqual({ status: 200, body: 'picture' });
    expect(await get(engine, '/.git/config')).toMatchObject({ status: 404 });
    expect(await get(engine, '/../../../../../../etc/passwd')).toMatchObject({ status: 404 });
    await folder.remove();
  });

  it('refuses streams elsewhere, controllers and nonsense, and goes on', async () => {
    const engine = await startEngine(example);

    await expect(StreamClient.connect(`${engine.url}other`)).rejects.toThrow('404');
    expect(await exchange(engine, 'CTR\nRobot-Name: x\n\n')).toBe('FAILED');
    expect(await exchange(engine, 'nonsense\r\n\r\n')).toContain('400 Bad Request');
    const client = await StreamClient.connect(engine.url);
    readXml(await client.watch());
  });
});

/** The first connection that is possible. */
async function connectedOnce(engine: EngineProcess): Promise<StreamClient> {
  for (;;) {
    try {
      return await StreamClient.connect(engine.url);
    } catch (error) {
      // The port is not open yet; the bound is that of the test.
      if (engine.child.exitCode !== null) throw error;
    }
  }
}

async function get({ port }: EngineProcess, path: string) {
  const outgoing = request({ port, host: '127.0.0.1', path, agent: false }).end();
  const [response] = await once(outgoing, 'response');
  return { status: response.statusCode as number, body: await text(response) };
}

/** What the engine answers to these bytes before it closes the connection. */
async function exchange({ port }: EngineProcess, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}
