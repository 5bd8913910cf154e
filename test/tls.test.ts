import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCertificate } from './fixtures/certificate.ts';
import { startProgram } from './fixtures/program.ts';
import { freePort } from './fixtures/simulation-server.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/src/main.js');
const TRY = join(ROOT, 'dist/src/client/try.js');
const EXAMPLES = 'https://github.com/webots-hub/examples';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!existsSync(TRY))(
  'both servers with a certificate of their own (needs the build)',
  { timeout: 90_000 },
  () => {
    it('play a whole simulation by https and wss, through one port each', async () => {
      const { cert, key } = await writeCertificate(folder);
      const [sessionPort, port] = [await freePort(), await freePort()];
      const common = {
        server: 'localhost',
        ssl: true,
        portRewrite: false,
        tls: { cert: 'cert.pem', key },
        logDir: join(folder, 'log'),
      };
      const write = async (name: string, values: object) => {
        const path = join(folder, name);
        await writeFile(path, JSON.stringify({ ...common, ...values }));
        return path;
      };
      const simulation = await write('simulation.json', {
        port,
        engine: 'embedded',
        projectsDir: join(folder, 'projects'),
        allowedRepositories: [EXAMPLES],
        mirrors: { [EXAMPLES]: join(ROOT, 'examples') },
      });
      const session = await write('session.json', {
        port: sessionPort,
        simulationServers: [`localhost:${port}`],
        loadThreshold: 100,
      });
      const env = { NODE_EXTRA_CA_CERTS: cert };
      await using first = startProgram(process.execPath, [MAIN, '--role', 'simulation', '--config', simulation], env);
      await first.printed('Press Ctrl+C to stop.');
      await using second = startProgram(process.execPath, [MAIN, '--role', 'session', '--config', session], env);
      await second.printed('Press Ctrl+C to stop.');

      const tried = promisify(execFile)(
        process.execPath,
        [TRY, '--session', `https://localhost:${sessionPort}`, '--seconds', '5'],
        { env: { ...process.env, ...env } },
      );
      // Where it fails, it has said why.
      const { stdout } = await tried.catch((error: { readonly stdout: string }) => error);

      expect(stdout).toMatch(new RegExp(`streaming +wss://localhost:${port}/stream/[0-9a-f]{32}/${port + 1}\n`));
      expect(stdout).toMatch(/success +all went well\n$/);
      expect([await second.stop(), await first.stop()]).toEqual([0, 0]);
    });
  },
);
