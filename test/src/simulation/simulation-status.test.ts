import { describe, expect, it } from 'vitest';
import { startSimulationServer } from '../../fixtures/simulation-server.ts';

describe('/status', () => {
  it('tells how many simulations run, of how many, and whether more are taken', async () => {
    await using server = await startSimulationServer({ config: { maxConnections: 7 } });
    const ask = async () => (await fetch(`${server.url}/status`)).json();
    const order = (path: string) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'Sec-Fetch-Site': 'same-origin' },
      });

    expect(await ask()).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      engine: 'stand-in for tests',
      capacity: 7,
      running: 0,
      queued: 0,
      intake: 'open',
    });
    await order('/monitor/drain');
    expect(await ask()).toMatchObject({ intake: 'drained' });
  });

  it.each(['token', 'off'])('is not for everybody where the monitor is "%s"', async (monitor) => {
    await using server = await startSimulationServer({ config: { monitor } });

    expect((await fetch(`${server.url}/status`)).status).toBe(404);
  });
});
