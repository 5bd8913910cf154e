import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { startForwardProxy } from '../../../fixtures/forward-proxy.ts';
import { sendAll, startScriptedService } from '../../../fixtures/scripted-service.ts';

const PROGRAM = fileURLToPath(new URL('../../../../dist/src/client/try.js', import.meta.url));

async function end(program: ChildProcess) {
  const [stdout, stderr, [status]] = await Promise.all([
    text(program.stdout!),
    text(program.stderr!),
    once(program, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, status };
}

function run(...args: string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe.skipIf(!existsSync(PROGRAM))('npm run try (needs the build)', () => {
  it('prints its help', async () => {
    const { stdout, status } = await end(run('--help'));

    expect(stdout).toMatch(/^Usage: npm run try -- \[WORLD_URL\]/);
    expect(status).toBe(0);
  });

  it('ends with 64 and its help where an option is wrong', async () => {
    const { stderr, status } = await end(run('--seconds', 'ten'));

    expect(stderr).toMatch(/^try: Expected --seconds to be a number above 0 and up to 3600, got ten\n\nUsage: /);
    expect(status).toBe(64);
  });

  it('passes through the proxy of the environment', async () => {
    await using service = await startScriptedService({ endsEngine: true });
    const { port } = new URL(service.session);
    await using proxy = await startForwardProxy({ routes: { [`hub.test:${port}`]: Number(port) } });
    const program = spawn(process.execPath, [PROGRAM, '--session', `http://hub.test:${port}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HTTP_PROXY: proxy.url },
    });
    await vi.waitFor(
      () => expect(proxy.asked).toContainEqual(expect.stringMatching(/^GET http:\/\/hub\.test:\d+\/session/)),
      {
        timeout: 20_000,
      },
    );
    program.kill();

    expect(proxy.asked[0]).toBe(`CONNECT hub.test:${port}`);
  });

  it('ends with 0 where all goes well', async () => {
    await using service = await startScriptedService({ endsEngine: true });
    const { stdout, status } = await end(run('--session', service.session, '--seconds', '0.1'));

    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^ +\d+\.\d{3} s {2}success +all went well$/);
    expect(status).toBe(0);
  });

  it('ends with 1 and what to do where something breaks', async () => {
    await using service = await startScriptedService({
      server: () => (_text, socket) => sendAll(socket, ['loading: Error: no', 'error: no']),
    });
    const { stdout, status } = await end(run('--session', service.session));

    expect(stdout).toMatch(
      /broken +The session ended too early \(refused\): no\n.* what to do +Look up the text in docs\/errors\.md.*\n$/,
    );
    expect(status).toBe(1);
  });

  it('leaves and ends with 130 when it is interrupted', async () => {
    await using service = await startScriptedService();
    const program = run('--session', service.session, '--seconds', '60');
    program.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('streaming')) program.kill('SIGINT');
    });
    const { stdout, status } = await end(program);

    expect(stdout).toMatch(/interrupted +the session was left\n$/);
    expect(status).toBe(130);
    await vi.waitFor(() => expect(service.closures.toSorted()).toEqual(['engine 1000', 'server 1000']));
  });
});
