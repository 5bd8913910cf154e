import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { offerHandOver } from '../../../src/handover/hand-over.ts';
import { createPredecessor } from '../../../src/handover/predecessor.ts';
import { openRuntimeFolder, runtimeFolder } from '../../../src/handover/runtime-folder.ts';
import { createLogger } from '../../../src/log.ts';
import type { Remains } from '../../../src/role.ts';

const BOUND = { timeout: 20_000, interval: 10 };
const silent = createLogger({ level: 'silent' });

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hand-over-'));
  vi.stubEnv('RUNTIME_DIRECTORY', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A server with a port that it can be asked for. */
async function startServer(
  failing: { retire?: boolean; release?: boolean } = {},
  options: { retakeTime?: number; successionLimit?: number } = {},
) {
  const server = createServer((_, response) => response.end('old'));
  const listening = (port: number) => once(server.listen(port, '127.0.0.1'), 'listening');
  await listening(0);
  const { port } = server.address() as AddressInfo;
  const state = { remains: { sessions: 2, ports: [port + 1] } as Remains, isRetired: false };
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const handOver = await offerHandOver({
    role: {
      name: 'simulation',
      port,
      release() {
        if (failing.release) throw new Error('no room');
        server.close();
      },
      resume: async () => void (await listening(port)),
      async retire() {
        if (failing.retire) throw new Error('a bug');
        state.isRetired = true;
        return { ended };
      },
      remains: () => state.remains,
      inheritance: () => ({ known: [1, 2] }),
    },
    log: silent,
    ...options,
    onRetired: (nothingLeft) => void nothingLeft.then(handOver.close),
  });
  return Object.assign(state, {
    port,
    server,
    end,
    async [Symbol.asyncDispose]() {
      handOver.close();
      server.close();
      server.closeAllConnections();
    },
  });
}

const successorOf = (port: number, options: { answerTimeout?: number } = {}) =>
  createPredecessor({ name: 'simulation', port, version: '0.0.0', log: silent, ...options });

function open(port: number): Promise<Server> {
  const server = createServer((_, response) => response.end('new'));
  return once(server.listen(port, '127.0.0.1'), 'listening').then(() => server);
}

const answer = async (port: number) => (await fetch(`http://127.0.0.1:${port}`)).text();

describe('a hand-over', () => {
  it('gives the port, and tells what remains until the old server is gone', async () => {
    await using old = await startServer();
    const successor = successorOf(old.port);

    const next = await successor.takeOver(() => open(old.port));
    expect([await answer(old.port), old.isRetired]).toEqual(['new', false]);
    expect(successor.remains).toEqual({ sessions: 2, ports: [old.port + 1] });
    expect(successor.streams).toBe(join(folder, `streams-${old.port}.${process.pid}.sock`));
    old.remains = { sessions: 3, ports: [] };
    await vi.waitFor(() => expect(successor.remains).toEqual({ sessions: 3, ports: [] }), BOUND);
    await successor.commit();
    expect(old.isRetired).toBe(true);

    old.remains = { sessions: 1, ports: [] };
    await vi.waitFor(() => expect(successor.remains).toEqual({ sessions: 1, ports: [] }), BOUND);
    old.end();
    await successor.gone();
    expect([successor.remains, successor.streams]).toEqual([{ sessions: 0, ports: [] }, undefined]);
    expect(await readdir(folder)).toEqual([]);
    next.close();
  });

  it('gives what the new server is to know before that opens the port', async () => {
    await using old = await startServer();
    const successor = successorOf(old.port);

    const told = await successor.takeOver(async (inheritance) => inheritance);

    expect(told).toEqual({ known: [1, 2] });
    successor.close();
  });

  it('is taken back where the successor ends before it serves', async () => {
    await using old = await startServer();
    const successor = successorOf(old.port);
    const next = await successor.takeOver(() => open(old.port));

    next.close();
    successor.close();

    await vi.waitFor(async () => expect(await answer(old.port)).toBe('old'), BOUND);
    expect(old.isRetired).toBe(false);
    const other = successorOf(old.port);
    (await other.takeOver(() => open(old.port))).close();
    other.close();
  });

  it('is taken back where the old server cannot give up its port for good', async () => {
    await using old = await startServer({ retire: true });
    const successor = successorOf(old.port);
    const next = await successor.takeOver(() => open(old.port));

    await expect(successor.commit()).rejects.toMatchObject({ code: 'takeoverRefused' });

    next.close();
    successor.close();
    await vi.waitFor(async () => expect(await answer(old.port)).toBe('old'), BOUND);
  });

  it('does not begin where engines could not be reached after it', async () => {
    await using old = await startServer({ release: true });

    await expect(successorOf(old.port).takeOver(() => open(old.port))).rejects.toMatchObject({
      message: expect.stringMatching(/its engines cannot be reached without it: no room\.$/),
    });

    expect(await answer(old.port)).toBe('old');
  });

  it('is taken back also when the port becomes free late', async () => {
    await using old = await startServer({}, { retakeTime: 0 });
    const successor = successorOf(old.port);
    const next = await successor.takeOver(() => open(old.port));
    const attempts = vi.spyOn(old.server, 'listen');
    successor.close();
    await vi.waitFor(() => expect(attempts.mock.calls.length).toBeGreaterThan(0), BOUND);

    next.close();

    await vi.waitFor(async () => expect(await answer(old.port)).toBe('old'), BOUND);
  });

  it('leaves the port to a successor whose commit nobody answers', async () => {
    const [path, port] = [join(folder, 'simulation-1.sock'), 1];
    const mute = createTcpServer((socket) =>
      socket.once('data', () =>
        socket.write('{"type":"freed","streams":"/none","remains":{"sessions":1,"ports":[]}}\n'),
      ),
    );
    await once(mute.listen(path), 'listening');
    const successor = successorOf(port, { answerTimeout: 100 });
    await successor.takeOver(async () => {});

    await expect(successor.commit()).resolves.toBeUndefined();

    expect(successor.remains).toEqual({ sessions: 1, ports: [] });
    successor.close();
    mute.close();
  });

  it('is for good where the old server was stopped for longer than it leaves the port, and is told then', async () => {
    const limit = 200;
    await using old = await startServer({}, { successionLimit: limit });
    const successor = successorOf(old.port);
    const next = await successor.takeOver(() => open(old.port));

    const committed = successor.commit();
    // Both wait for this one processor.
    const end = performance.now() + 2 * limit;
    while (performance.now() < end);
    await committed;

    expect(old.isRetired).toBe(true);
    expect(await answer(old.port)).toBe('new');
    next.close();
  });

  it('is taken back from a successor that does not say in time that it serves', async () => {
    await using old = await startServer({}, { successionLimit: 50 });
    const successor = successorOf(old.port);
    const next = await successor.takeOver(() => open(old.port));
    await successor.gone();
    next.close();

    await expect(successor.commit()).rejects.toThrow('it did not serve within 0.05 s');
    await vi.waitFor(async () => expect(await answer(old.port)).toBe('old'), BOUND);
  });

  it('is offered by a server as soon as the one before it, which did not answer, lets go of the place for it', async () => {
    await using old = await startServer();
    const path = join(folder, `simulation-${old.port}.sock`);
    const lines: string[] = [];
    const log = createLogger({
      output: { isTerminal: false, write: (line) => void lines.push(JSON.parse(line).message) },
    });
    const role = {
      name: 'simulation' as const,
      port: old.port,
      release() {},
      resume: async () => {},
      retire: async () => ({ ended: Promise.resolve() }),
      remains: () => old.remains,
    };
    const next = await offerHandOver({ role, log, onRetired: () => {} });
    expect(lines).toEqual(['no other process can take over from this one']);

    const first = successorOf(old.port);
    await first.takeOver(async () => {});
    await first.commit();

    await vi.waitFor(() => expect(lines.at(-1)).toBe('another process can take over from this one'), BOUND);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await successorOf(old.port).takeOver(async () => {});
    expect(lines.at(-1)).toBe('port is handed over');
    next.close();
  });

  it('is refused to a second one while the first is at it', async () => {
    await using old = await startServer();
    const first = successorOf(old.port);
    const next = await first.takeOver(() => open(old.port));

    await expect(successorOf(old.port).takeOver(() => open(old.port))).rejects.toMatchObject({
      code: 'takeoverRefused',
      message: 'The server that runs did not hand over its port: it hands over to another process already.',
    });

    await first.commit();
    expect(old.isRetired).toBe(true);
    next.close();
  });

  it.each([
    ['in another format', '{"type":"free","format":2,"version":"9","pid":1}\n', '"problem":"it asks in format 2'],
    ['out of turn', '{"type":"commit"}\n{"type":"free","format":7}\n', '"problem":"it asks in format 7'],
    ['in no JSON', 'no JSON\n', ''],
    ['without an end', 'x'.repeat(300_000), ''],
  ])('is not given to who asks %s', async (_, message, expected) => {
    await using old = await startServer();
    const socket = connect(join(folder, `simulation-${old.port}.sock`));
    socket.on('error', () => {});
    let heard = '';
    socket.setEncoding('utf8').on('data', (text) => {
      heard += text;
      socket.end();
    });

    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(message);
    await closed;

    expect(heard).toContain(expected);
    expect([await answer(old.port), old.isRetired]).toEqual(['old', false]);
  });

  it('is for our user alone', async () => {
    await using old = await startServer();
    const { mode } = await stat(join(folder, `simulation-${old.port}.sock`));

    expect(mode & 0o777).toBe(0o600);
  });
});

describe('the runtime folder', () => {
  it('is that of systemd, else one of our user in the temporary folder', () => {
    expect(runtimeFolder({ RUNTIME_DIRECTORY: '/run/hub:/run/other' })).toBe('/run/hub');
    expect(runtimeFolder({})).toBe(join(tmpdir(), `webots-hub-${process.getuid?.()}`, 'run'));
  });

  it('is made for our user alone', async () => {
    openRuntimeFolder(join(folder, 'hub/run'));

    expect((await stat(join(folder, 'hub/run'))).mode & 0o777).toBe(0o700);
  });

  it('is refused where others can change it, or it is a link', async () => {
    const shared = join(folder, 'shared');
    openRuntimeFolder(shared);
    await chmod(shared, 0o777);
    expect(() => openRuntimeFolder(shared)).toThrow(/Expected .*shared to be a folder/);

    await symlink(shared, join(folder, 'link'));
    expect(() => openRuntimeFolder(join(folder, 'link'))).toThrow(/Expected .*link to be a folder/);
  });
});
