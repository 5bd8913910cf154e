import { describe, expect, it, vi } from 'vitest';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { BOUND, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { hasProc } from '../fixtures/process-traces.ts';

/** Wait between two heartbeats in ms, and the silence after which an engine is ended. */
const HEARTBEAT = 100;
const TIMINGS = { heartbeatTimeout: 1_000 };
/** For tests in which it is not to end. */
const PATIENT = { heartbeatTimeout: 60_000 };

const TOLD = 'The simulation did not respond for 1 seconds.';

describe.skipIf(!hasProc)('an engine whose heartbeat stops (needs /proc)', () => {
  it('is unresponsive while its process stands still, which is logged, and responsive when it goes on', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('', HEARTBEAT), timings: PATIENT });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const [engine] = await server.processes();

    process.kill(engine!, 'SIGSTOP');
    await vi.waitFor(() => expect(lastChange(server.log)).toBe('engine is unresponsive'), BOUND);
    process.kill(engine!, 'SIGCONT');

    await vi.waitFor(() => expect(lastChange(server.log)).toBe('engine is responsive again'), BOUND);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('is ended when its process stands still for heartbeatTimeout, and its client is told', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('', HEARTBEAT), timings: TIMINGS });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const [engine] = await server.processes();

    process.kill(engine!, 'SIGSTOP');

    expect(await client.closed).toBe(1000);
    expect(client.messages.slice(-2)).toEqual([`loading: Error: ${TOLD}`, `error: ${TOLD}`]);
    await server.allGone();
    expect(server.reasons()).toEqual(['engineUnresponsive']);
  });

  it.each([
    ['paused', ''],
    ['running', 'real-time\n'],
  ])('is ended with its children while the simulation is %s and its process goes on', async (_, line) => {
    await using server = await startFaultyServer({ engine: fakeEngine('mute,family', HEARTBEAT), timings: TIMINGS });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    await server.say(line);

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe(`error: ${TOLD}`);
    await server.allGone();
    expect(server.reasons()).toEqual(['engineUnresponsive']);
  });
});

function lastChange(log: readonly Record<string, unknown>[]): unknown {
  return log.map(({ message }) => message).findLast((message) => String(message).startsWith('engine is '));
}
