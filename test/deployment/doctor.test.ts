import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt } from '../fixtures/hub-program.ts';
import { isInstalled, NGINX } from '../fixtures/reverse-proxy.ts';
import { type PublicHub, startPublicHub } from './public-hub.ts';

/** Keeps a busy machine from being no server at all. */
const IDLE = fileURLToPath(new URL('../fixtures/idle-machine.mjs', import.meta.url));

const isReady = isBuilt && isInstalled(NGINX);
if (!isReady)
  process.stdout.write('skipped: the round trip of the doctor, because nginx is not installed, or there is no build\n');

describe.skipIf(!isReady)('npm run doctor -- --play, through nginx (needs the build)', { timeout: 120_000 }, () => {
  let hub: PublicHub;

  beforeAll(async () => {
    hub = await startPublicHub(NGINX);
  }, 90_000);

  afterAll(() => hub?.[Symbol.asyncDispose]());

  /** @returns the lines on the round trip, the advice with its finding */
  async function examine(...more: string[]): Promise<string[]> {
    const doctor = join(dirname(hub.program.projects), 'dist/src/doctor.js');
    // No git host is to be asked: this machine's network is not what is tested.
    const env = {
      ...process.env,
      GIT_ALLOW_PROTOCOL: 'file',
      NODE_EXTRA_CA_CERTS: hub.proxy.certificate,
      NODE_OPTIONS: `--import ${IDLE}`,
    };
    const stdout = await new Promise<string>((resolve) => {
      execFile(process.execPath, [doctor, '--config', 'test', '--play', ...more], { env }, (_, text) => resolve(text));
    });
    return [...stdout.matchAll(/^\w+ +round trip .*(?:\n +→.*)*/gm)].map(([finding]) => finding);
  }

  it('plays a session with the servers that run', async () => {
    const findings = await examine();

    expect(findings).toEqual([
      expect.stringMatching(`^fine +round trip +a simulation was seen through ${hub.url}: [\\d.]+ s simulated in 5 s`),
    ]);
  });

  it('asks for another world where that one may not run', async () => {
    const world = 'https://github.com/ada/robots/blob/main/worlds/arm.wbt';

    expect(await examine('--world', world)).toEqual([
      expect.stringMatching(
        `^error +round trip +${hub.url} answers, but ${world} may not run there\n +→ .*--world URL`,
      ),
    ]);
  });

  it('starts both servers for it where none runs, and nothing is left', async () => {
    hub.program.process.kill('SIGTERM');
    await hub.program.exited;
    const findings = await examine();

    expect(findings).toEqual([expect.stringMatching(`^fine +round trip +a simulation was seen through ${hub.url}: `)]);
    await hub.program.nothingLeft();
  });

  it('says what broke where nobody is at the public address', async () => {
    await hub.proxy.stop();
    const findings = await examine();

    expect(findings).toEqual([
      expect.stringMatching(`^error +round trip +${hub.url}: No session server answered .*\n +→ .*docs/deployment`),
    ]);
    await hub.program.nothingLeft();
  });
});
