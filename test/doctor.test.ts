import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCertificate } from './fixtures/certificate.ts';
import { startGitServer } from './fixtures/git-server.ts';
import { startLoadServer } from './fixtures/load-server.ts';
import { startMailHost } from './fixtures/mail-host.ts';
import { startSession } from './fixtures/session-server.ts';
import { freePort, startSimulationServer } from './fixtures/simulation-server.ts';

const DOCTOR = fileURLToPath(new URL('../dist/src/doctor.js', import.meta.url));

const SECRET = 'correct-horse-battery';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function write(values: object): Promise<string> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.json`);
  await writeFile(path, JSON.stringify({ server: 'localhost', ssl: false, portRewrite: false, ...values }));
  return path;
}

/** @returns the findings as [level, what, rest of the lines], and the exit status */
function examine(...args: string[]): Promise<{ status: number; findings: string[][]; errors: string }> {
  // No git host is to be asked: this machine's network is not what is tested.
  const env = { ...process.env, GIT_ALLOW_PROTOCOL: 'file' };
  return new Promise((resolve) => {
    execFile(process.execPath, [DOCTOR, ...args], { env }, (error, stdout, errors) => {
      const findings = [...stdout.matchAll(/^(fine|warning|error) +(\S+(?: \S+)*?) {1,}(.*(?:\n +→.*)*)/gm)];
      resolve({
        status: Number(error?.code ?? 0),
        findings: findings.map(([, ...parts]) => parts as string[]),
        errors,
      });
    });
  });
}

/** @returns the server as it would be listed, and what was found of each session server */
async function examineMember(sessionServers: readonly string[], clusterSecret: string) {
  const port = await freePort();
  const own = { port, projectsDir: join(folder, 'projects'), engine: 'embedded', sessionServers, clusterSecret };
  const { findings } = await examine('--role', 'simulation', '--config', await write(own));
  const found = findings.flatMap(([level, what = '', rest]) => (/^localhost:/.test(what) ? [`${level} ${rest}`] : []));
  return [`localhost:${port}`, found] as const;
}

describe.skipIf(!existsSync(DOCTOR))('npm run doctor (needs the build)', () => {
  it('finds a session server’s surroundings fine, with its own port in use by itself', async () => {
    await using up = await startLoadServer(5);
    await using own = await startSimulationServer();
    const { findings, status } = await examine(
      '--role',
      'session',
      '--config',
      await write({ port: Number(new URL(own.url).port), simulationServers: [up.entry] }),
    );

    expect(status).toBe(0);
    expect(findings.map(([level]) => level)).not.toContain('error');
    expect(findings.flat().join('\n')).toContain('a server of webots-hub has it');
    expect(findings.flat().join('\n')).toContain('simulation server with a load of 5.0%');
  });

  it('names what is wrong and what to do: a taken port, a server that is not there, a certificate that is over, no mail host', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { cert, key } = await writeCertificate(folder, -1);
    const { findings, status } = await examine(
      '--role',
      'session',
      '--config',
      await write({
        port: (other.address() as AddressInfo).port,
        ssl: true,
        tls: { cert, key },
        simulationServers: ['localhost:9'],
        administrator: 'admin@example.org',
        mailServer: '127.0.0.1',
        mailServerPort: 9,
        mailSender: 'hub@example.org',
      }),
      '--mail',
    );
    other.close();

    const errors = findings.filter(([level]) => level === 'error').map((parts) => parts.join(' '));
    expect(status).toBe(69);
    expect(errors).toEqual([
      expect.stringMatching(/port \d+ .*EADDRINUSE\n +→ .*names the program/),
      expect.stringMatching(/certificate .*: over\n +→ renew it/),
      expect.stringMatching(/localhost:9 .*ECONNREFUSED.*\n +→ start it there/),
      expect.stringMatching(/mail .*ECONNREFUSED.*\n +→ see `mailServer`/),
    ]);
  });

  it('looks at what a simulation server needs', async () => {
    const { findings } = await examine(
      '--role',
      'simulation',
      '--config',
      await write({ port: await freePort(), projectsDir: join(folder, 'new/projects'), engine: 'embedded' }),
    );

    expect(existsSync(join(folder, 'new'))).toBe(false);
    const text = findings.map((parts) => parts.join(' ')).join('\n');
    for (const part of [
      'embedded engine',
      'free for the simulation server',
      'projects folder',
      '`allowedRepositories` is empty',
      'git',
      'Node',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('says what to do where the folder for projects cannot be made', async () => {
    const projectsDir = join(await write({}), 'projects');
    const { findings, status } = await examine(
      '--role',
      'simulation',
      '--config',
      await write({ port: await freePort(), projectsDir, engine: 'embedded' }),
    );

    expect(status).toBe(69);
    expect(findings.filter(([level]) => level === 'error').map((parts) => parts.join(' '))).toEqual([
      expect.stringMatching(/^error projects folder .*ENOTDIR.*\n +→ let the server's user write it, or change/),
    ]);
  });

  it('asks git servers whether they take the tokens, without showing one', async () => {
    const server = await startGitServer({ passwordOf: () => 'right-token' });
    await server.addRepository('school/exam', [{ branch: 'main', files: { 'worlds/w.wbt': '' } }]);
    const token = async (name: string, text: string, mode: number) => {
      await writeFile(join(folder, name), text, { mode });
      return join(folder, name);
    };
    const { findings } = await examine(
      '--role',
      'simulation',
      '--config',
      await write({
        port: await freePort(),
        engine: 'embedded',
        credentials: [
          { prefix: `${server.url}/school/exam`, tokenFile: await token('right', 'right-token\n', 0o644) },
          { prefix: `${server.url}/school`, tokenFile: await token('wrong', 'wrong-token', 0o600) },
          { prefix: 'https://git.example.org', tokenFile: join(folder, 'missing') },
        ],
      }),
    );
    await server.close();

    const lines = findings.map((parts) => parts.join(' ')).filter((line) => line.includes(' token of '));
    expect(lines).toEqual([
      expect.stringMatching(/^warning token of .*school\/exam others than its owner may read .*right\n +→ `chmod 600 /),
      expect.stringMatching(/^fine token of \S+\/school\/exam shows http:/),
      expect.stringMatching(/^error token of \S+\/school refused by the git server with status 401\n/),
      expect.stringMatching(/^error token of git\.example\.org .*ENOENT/),
    ]);
    expect(lines.join('\n')).not.toMatch(/right-token|wrong-token/);
  });

  it('asks a session server that is to be joined whether it would list this one, and changes nothing there', async () => {
    await using session = await startSession([], { config: { clusterSecret: SECRET } });
    const [entry, findings] = await examineMember([`http://localhost:${session.port}`], SECRET);

    expect(findings).toEqual([`fine session server that lists this one as ${entry} when it joins`]);
    expect(await session.text('/monitor')).toContain('There is no simulation server.');
  });

  it('says why a session server would not list this one', async () => {
    await using session = await startSession([], { config: { clusterSecret: SECRET } });
    const urls = [`http://localhost:${session.port}`, `http://localhost:${await freePort()}`];
    const [, findings] = await examineMember(urls, 'another-horse-battery');

    expect(findings).toEqual([
      expect.stringMatching(/^error does not take this server: it does not accept the signature.*\n +→ see that/s),
      expect.stringMatching(/^error does not take this server: .*ECONNREFUSED/s),
    ]);
  });

  it('tells what is wrong with a configuration, and goes on', async () => {
    const { findings, status } = await examine(
      '--role',
      'session',
      '--config',
      await write({ port: 'x', simulationServers: [] }),
    );

    expect(status).toBe(69);
    expect(findings.at(-1)?.join(' ')).toMatch(/^error session configuration .*cannot be used/);
  });

  it('sends a test message to the administrator', async () => {
    await using host = await startMailHost();
    const { findings, status } = await examine(
      '--role',
      'session',
      '--mail',
      '--config',
      await write({
        port: await freePort(),
        simulationServers: ['localhost:9'],
        administrator: 'admin@example.org',
        mailServer: 'localhost',
        mailServerPort: host.port,
        mailSender: 'hub@example.org',
      }),
    );

    expect(findings.at(-1)?.join(' ')).toContain('a test message is on its way to admin@example.org');
    expect(status).toBe(69);
    expect(host.mails).toHaveLength(1);
  });

  it.each([['--role', 'x'], ['--unknown'], ['file.json'], ['--config', 'file.json']])(
    'refuses %s %s',
    async (...args) => {
      const { status, errors } = await examine(...args);

      expect(status).toBe(64);
      expect(errors).toContain('Usage: npm run doctor');
    },
  );
});
