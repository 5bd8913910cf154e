import { expect, it, vi } from 'vitest';
import { createInspector } from '../../src/inspection/inspector.ts';
import { readRecording } from '../../src/inspection/read-recording.ts';
import { actorsAt } from '../../src/inspection/replay.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';

it('leaves a post-mortem whose recording tells how the engine crashed and its session ended', async () => {
  const inspector = createInspector('1.2.3');
  inspector.turnOn();
  await using server = await startFaultyServer({ inspector, engine: fakeEngine('crash') });
  const [other, client] = [await server.connect(), await server.connect()];
  client.start(WORLD);
  await client.closed;
  const [path = ''] = await vi.waitFor(async () => {
    const files = [...(await server.postMortems()).keys()];
    expect(files).toHaveLength(1);
    return files;
  });

  const { baseline, entries } = await readRecording(path);
  const actors = [...actorsAt(baseline, entries, Number.POSITIVE_INFINITY).values()];
  const machines = actors.flatMap(({ actor, states }) => (actor.machine ? [[actor.machine, states]] : []));

  expect(machines).toEqual([
    ['clientSession', ['gone']],
    ['webotsProcess', ['gone']],
  ]);
  const engine = actors.find(({ actor }) => actor.machine === 'webotsProcess');
  const exit = entries.find(
    (entry) => entry.type === 'event' && entry.to === engine?.actor.id && entry.event === 'program.exited',
  );
  expect(exit).toHaveProperty('detail', expect.stringContaining('"exitCode":3'));
  expect(engine?.context).toContain('exit');
  other.socket.close();
});
