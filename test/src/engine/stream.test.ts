import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type EngineProcess, endEngines, startEngine } from './fixtures/engine-process.ts';
import { ProjectFolder } from './fixtures/project-folder.ts';
import { REAL_WORLDS } from './fixtures/sample-worlds.ts';
import { type Frame, StreamClient } from './fixtures/stream-client.ts';
import { worldText } from './fixtures/world-text.ts';
import { readXml } from './fixtures/xml.ts';

const example = join(import.meta.dirname, '../../../examples/worlds/marbles.wbt');

/** A ball that falls to the floor. */
const BALL = `WorldInfo { title "Ball" } Viewpoint { } Background { } DirectionalLight { }
  Solid { name "floor" boundingObject Plane { } }
  Group { }
  DEF BALL Solid { translation 0 0 1 name "ball" children [ ] boundingObject Sphere { radius 0.1 } physics Physics { } }`;
/** The id of its solid: nodes count from 1, and the floor's plane is one. */
const BALL_ID = 8;

let folder: ProjectFolder | undefined;

afterEach(async () => {
  await endEngines();
  await folder?.remove();
  folder = undefined;
});

describe('the stream of the embedded engine', () => {
  it('goes through the worked exchange of the protocol', async () => {
    const engine = await startEngine(await ballWorld());
    const client = await StreamClient.connect(engine.url);

    client.say('w3d');
    await client.hear('pause: 0');
    const scene = client.messages.slice(0, client.messages.indexOf('pause: 0') + 1);
    expect(scene.map((message) => message.replace(/^model:.*/s, 'model:'))).toEqual([
      'world:worlds/ball.wbt:worlds/ball.wbt;worlds/other.wbt',
      'model:',
      frame(0, { id: BALL_ID, translation: '0 0 1', rotation: '0 0 1 0' }),
      'scene load completed',
      'pause: 0',
    ]);
    expect(await client.hear('')).toBe('stdout:This is the embedded engine of webots-hub, not Webots.');

    expect(await client.ask('pause', 'paused by client')).toBe('paused by client');
    client.say('real-time:-1');
    expect(await client.hear('')).toBe('real-time');
    const { updates } = await client.frame();
    expect(updates).toEqual([{ id: BALL_ID, translation: expect.stringMatching(/^0 0 0\.99/) }]);

    client.say('pause');
    await client.hear('paused by client');
    client.say('reset');
    expect(await client.hear('')).toBe(frame(0, { id: BALL_ID, translation: '0 0 1', rotation: '0 0 1 0' }));
    expect(await client.hear('')).toBe('reset finished');

    for (const order of ['reload', 'load:worlds/ball.wbt']) {
      client.say(order);
      expect(await client.hear('')).toBe('delete world');
      expect(await client.hear('')).toBe('loading:Parsing nodes:0');
      for (const beginning of ['world:', 'model:', 'application/json:', 'scene load completed', 'pause: 0']) {
        await client.hear(beginning);
      }
    }
    await engine.until((now) => ordersOf(now).length >= 4);
    expect(ordersOf(engine)).toEqual(['pause', 'real-time', 'pause', 'reset']);
  });

  it('lets a ball fall and rest at its radius, in frames for all releases', async () => {
    const client = await viewerOf(await ballWorld());
    client.say('fast:10000');
    const frames: Frame[] = [];
    const rest = await client.frame((next) => {
      frames.push(next);
      return next.time === 10_016;
    });

    const heights = frames.flatMap(({ updates = [] }) => Number(updates[0]?.translation?.split(' ')[2] ?? Number.NaN));
    expect(heights.findLast(Number.isFinite)).toBeCloseTo(0.1, 2);
    expect(rest.time).toBe(10_016);
    for (const { updates, poses } of frames) expect(poses).toEqual(updates);
    expect(await client.hear('pause:')).toBe('pause: 10016');
  });

  it('pauses by itself at the limit, tells everybody, and answers the echo of clients without end', async () => {
    const engine = await startEngine(await ballWorld());
    const [client, other] = [await StreamClient.connect(engine.url), await StreamClient.connect(engine.url)];
    await client.watch();
    await other.watch('x3d;broadcast');
    client.say('fast:100');

    expect(await client.hear('pause:')).toBe('pause: 128');
    expect(await other.hear('pause: 1')).toBe('pause: 128');
    // What the public client says when it is paused by others, and what it says when it is started.
    client.say('pause');
    await client.hear('paused by client');
    client.say('real-time:1000000');
    client.say('timeout:1000000');
    await client.hear('real-time');
    client.say('pause');
    await client.hear('paused by client');
    await engine.until((now) => ordersOf(now).length >= 5);
    expect(ordersOf(engine)).toEqual(['fast', 'pause', 'pause', 'real-time', 'pause']);
    expect(client.messages.filter((message) => message === 'real-time')).toHaveLength(1);
    expect(other.messages).not.toContain('real-time');
    expect(other.messages).not.toContain('paused by client');
  });

  it('does one step at a time', async () => {
    const engine = await startEngine(await ballWorld());
    const client = await StreamClient.connect(engine.url);
    await client.watch();
    for (const time of [32, 64]) {
      client.say('step');
      expect((await client.frame()).time).toBe(time);
      expect(await client.hear('')).toBe('paused by client');
    }
    await engine.until((now) => ordersOf(now).length >= 4);

    expect(ordersOf(engine)).toEqual(['step', 'pause', 'step', 'pause']);
  });

  it('answers any number of orders one after the other', async () => {
    const client = await viewerOf(await ballWorld());
    for (let order = 0; order < 300; order++) client.say('step');
    while (client.messages.filter((message) => message === 'paused by client').length < 300)
      await client.hear('paused');

    expect((await client.ask('pause', 'paused by client')) && client.messages.at(-1)).toBe('paused by client');
    expect(client.messages.filter((message) => message.startsWith('application/json:{"time":9600'))).toHaveLength(1);
  });

  it('takes a limit for a running simulation, and gives it up again', async () => {
    const client = await viewerOf(await ballWorld());
    client.say('real-time:-1');
    client.say('timeout:64');
    expect(await client.hear('pause:')).toMatch(/^pause: (?:64|96|128)$/);
    client.say('timeout:0');
    client.say('timeout:-1');
    client.say('fast:-1');
    await client.frame(({ time }) => time > 10_000);

    expect(client.messages.filter((message) => message.startsWith('pause: '))).toHaveLength(2);
  });

  it('pauses a running simulation for a client that has not said how long it may run, not for one that only watches', async () => {
    const engine = await startEngine(await ballWorld(), '--mode=realtime');
    const watching = await StreamClient.connect(engine.url);
    watching.say('w3d;broadcast');
    await watching.hear('real-time');
    await watching.frame(({ time }) => time > 64);
    const client = await StreamClient.connect(engine.url);
    client.say('w3d');
    await client.hear('real-time');

    const paused = await client.hear('pause: ');
    expect(await watching.hear('pause: ')).toBe(paused);
    await engine.until(({ lines }) => lines.includes('pause'));
  });

  it('gives who comes later the scene as it is then', async () => {
    const engine = await startEngine(await ballWorld());
    const client = await StreamClient.connect(engine.url);
    await client.watch();
    client.say('fast:320');
    await client.hear('pause: 320');
    const late = await StreamClient.connect(engine.url);
    const scene = readXml(await late.watch());

    const ball = scene.children[1]?.children.find(({ attributes }) => attributes.id === `n${BALL_ID}`);
    const [x, y, z] = (ball?.attributes.translation ?? '').split(' ').map(Number);
    expect([x, y]).toEqual([expect.closeTo(0, 3), expect.closeTo(0, 3)]);
    expect(z).toBeLessThan(0.6);
    expect(late.messages).toContain('pause: 320');
    const [told] = (JSON.parse(late.messages[2]!.slice('application/json:'.length)) as Frame).updates ?? [];
    expect(Number(told?.translation?.split(' ')[2])).toBeCloseTo(z!, 3);
  });

  it('goes back to the same start and the same way again', async () => {
    const client = await viewerOf(example);
    const runs: string[] = [];
    for (let run = 0; run < 2; run++) {
      client.say('reset');
      await client.hear('reset finished');
      client.say('fast:3200');
      await client.hear('pause: 3200');
      const late = await StreamClient.connect(client.socket.url);
      runs.push(await late.watch());
      late.socket.close();
    }

    expect(runs[0]).toBe(runs[1]);
  });

  it('writes the tags of the client’s release, and says what it cannot show', async () => {
    const path = await world('old', 'Moose { } Moose { } Robot { name "rob" }', 'R2022b');
    const engine = await startEngine(path);
    const [old, young] = [await StreamClient.connect(engine.url), await StreamClient.connect(engine.url)];

    const oldScene = await old.watch('x3d');
    expect(oldScene).toContain('<X3D>');
    expect(oldScene).toContain("type='robot'");
    const youngScene = await young.watch('w3d');
    expect(youngScene).toContain('<W3D>');
    expect(youngScene).toContain('<Robot ');
    expect(await young.hear('stderr:Robot')).toContain('runs no controllers');
    expect(await young.hear('stderr:Not shown')).toContain('2 Moose');
    expect(engine.stderr).toContain('Not shown: 2 Moose');
  });

  it('shows the old world again where the new one cannot be read', async () => {
    const path = await ballWorld();
    const client = await viewerOf(path);
    client.say('fast:320');
    await client.hear('pause: 320');
    await folder?.write('worlds/ball.wbt', worldText('Box {'));
    client.say('reload');

    await client.hear('delete world');
    expect(await client.hear('stderr:')).toContain('Expected a field or "}", got the end of the file.');
    expect(readXml((await client.hear('model:')).slice('model:'.length)).tag).toBe('W3D');
    await client.hear('pause: 0');
    await folder?.write('worlds/ball.wbt', worldText('WorldInfo { title "Mended" }'));
    client.say('reload');
    expect(await client.hear('model:')).toContain('Mended');
  });

  it('loads only worlds of the folder of worlds', async () => {
    const client = await viewerOf(await ballWorld());
    const outside = await ProjectFolder.create({ 'secret.wbt': worldText('WorldInfo { title "Secret" }') });
    await symlink(outside.at('secret.wbt'), folder!.at('worlds/link.wbt'));
    for (const name of ['none.wbt', 'link.wbt', `../../${outside.at('secret.wbt')}`, '..', '']) {
      expect(await client.ask(`load:${name}`, 'stderr:')).toBe('stderr:The project has no such world.');
    }
    client.say('load:worlds/other.wbt');

    expect(await client.hear('world:')).toBe('world:worlds/other.wbt:worlds/ball.wbt;worlds/other.wbt');
    expect(await client.hear('model:')).toContain('Other');
    await outside.remove();
  });

  it('says that it has no video, and closes that stream in order', async () => {
    const engine = await startEngine(await ballWorld());
    const client = await StreamClient.connect(engine.url);

    expect(await client.ask('mjpeg: 800x600', 'stderr:')).toContain('no video stream');
    expect(await client.closed).toBe(1000);
  });

  it('bears robot messages and what it does not know, and logs the latter', async () => {
    const engine = await startEngine(await ballWorld());
    const client = await StreamClient.connect(engine.url);
    await client.watch();
    client.say('robot:{"name":"r","message":"m"}');
    client.say('robot:r:init robot window');
    for (let message = 0; message < 20; message++) client.say(`nonsense ${message} ${'x'.repeat(200)}`);
    await client.ask('pause', 'paused by client');
    await engine.until(({ stderr }) => stderr.includes('nonsense 9'));

    expect(engine.stderr.split('\n').filter((line) => line.startsWith('Unsupported message'))).toHaveLength(10);
    expect(engine.stderr).not.toContain('robot:');
    expect(engine.stderr).not.toContain('x'.repeat(100));
  });

  it('serves fifty viewers with the same frames', async () => {
    const engine = await startEngine(example);
    const clients = await Promise.all(Array.from({ length: 50 }, () => StreamClient.connect(engine.url)));
    await Promise.all(clients.map((client) => client.watch()));
    clients[0]!.say('real-time:960');
    await Promise.all(clients.map((client) => client.hear('pause: 9')));

    const frames = clients.map(({ messages }) =>
      messages.slice(messages.indexOf('scene load completed')).filter(isFrame),
    );
    expect(frames[0]!.length).toBeGreaterThan(5);
    for (const others of frames) expect(others).toEqual(frames[0]);
  });

  it.skipIf(REAL_WORLDS.length === 0)(
    'streams the worlds of real projects (skipped where they are not there)',
    async () => {
      for (const path of REAL_WORLDS) {
        const engine = await startEngine(path);
        const client = await StreamClient.connect(engine.url);
        expect(readXml(await client.watch('x3d')).tag).toBe('X3D');
        client.say('fast:1000');
        await client.hear('pause: 10');
      }
    },
  );
});

/** A world with a ball, beside another one. */
/** What the engine said that it was told to do; its beats come by the clock. */
function ordersOf({ lines }: Pick<EngineProcess, 'lines'>): readonly string[] {
  return lines.filter((line) => line !== '.');
}

async function ballWorld(): Promise<string> {
  const path = await world('ball', BALL);
  await folder?.write('worlds/other.wbt', worldText('WorldInfo { title "Other" }'));
  return path;
}

async function world(name: string, nodes: string, version?: string): Promise<string> {
  folder ??= await ProjectFolder.create();
  return folder.write(`worlds/${name}.wbt`, worldText(nodes, version));
}

/** A client that has the scene of this world. */
async function viewerOf(path: string): Promise<StreamClient> {
  const client = await StreamClient.connect((await startEngine(path)).url);
  await client.watch();
  return client;
}

function frame(time: number, ...updates: object[]): string {
  return `application/json:${JSON.stringify({ time, updates, poses: updates })}`;
}

function isFrame(message: string): boolean {
  return message.startsWith('application/json:');
}
