import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type HubProgram, isBuilt, startHubProgram, WORLD } from '../fixtures/hub-program.ts';
import { hasProc, processesMarked } from '../fixtures/process-traces.ts';
import { connect } from '../fixtures/simulation-server.ts';

const SKIPPED = !isBuilt ? ' (skipped: no build in dist/)' : !hasProc ? ' (skipped: no /proc)' : '';

/** Programs start in seconds where many tests run at once; in ms. */
const PATIENCE = { timeout: 120_000 };
const BOUND = { timeout: 60_000, interval: 20 };

describe.skipIf(SKIPPED !== '')(`after kill -9 of the server${SKIPPED}`, PATIENCE, () => {
  it('its reaper ends all that its sessions held', async () => {
    await using hub = await startHubProgram({ role: 'simulation', engine: 'family,stubborn' });
    const session = await stream(hub);

    hub.process.kill('SIGKILL');
    await hub.exited;

    await vi.waitFor(async () => {
      expect(await processesMarked('WEBOTS_HUB_SESSION', session)).toEqual([]);
      expect(await entries(hub, 'instances')).toEqual([]);
      expect(await entries(hub, 'ledger')).toEqual([]);
    }, BOUND);
  });

  it('and of its reaper, the next start ends all before its port is open, and clients can start again', async () => {
    await using hub = await startHubProgram({ role: 'simulation', engine: 'family,stubborn' });
    const session = await stream(hub);
    const reaper = Number(hub.log.find(({ message }) => message === 'reaper runs')?.reaper);

    // Stopped first, so that it cannot begin its work between the two ends.
    process.kill(reaper, 'SIGSTOP');
    hub.process.kill('SIGKILL');
    process.kill(reaper, 'SIGKILL');
    await hub.exited;
    expect(await entries(hub, 'ledger')).toEqual([`${session}.json`]);
    expect(await processesMarked('WEBOTS_HUB_SESSION', session)).not.toEqual([]);

    await using next = await hub.startAgain();
    expect(await processesMarked('WEBOTS_HUB_SESSION', session)).toEqual([]);
    expect(await entries(hub, 'instances')).toEqual([]);
    await next.logged('reaper runs', { orphans: [session] });
    await stream(next);
  });
});

/** @returns the id of the session that streams, the only one of the server */
async function stream(hub: HubProgram): Promise<string> {
  const client = await connect(`ws://127.0.0.1:${hub.simulationPort}/client`);
  client.start(WORLD);
  await client.heard('webots:');
  const [file] = await entries(hub, 'ledger');
  const entry = JSON.parse(await readFile(join(hub.projects, 'ledger', file!), 'utf8')) as { session: string };
  return entry.session;
}

function entries(hub: HubProgram, name: 'instances' | 'ledger'): Promise<string[]> {
  return readdir(join(hub.projects, name));
}
