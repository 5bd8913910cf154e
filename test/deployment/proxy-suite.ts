import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { EXAMPLE_WORLD } from '../../src/client/index.ts';
import { isBuilt } from '../fixtures/hub-program.ts';
import { isInstalled, type ProxyKind } from '../fixtures/reverse-proxy.ts';
import { ADMIN_TOKEN, type PublicHub, startPublicHub } from './public-hub.ts';

const TRY = fileURLToPath(new URL('../../dist/src/client/try.js', import.meta.url));

/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 30_000, interval: 20 };

/** Where the client comes from: another address than proxies and servers have. */
const CLIENT = '127.9.9.9';

const OPERATOR = { authorization: `Bearer ${ADMIN_TOKEN}` };

/** What every documented proxy must do. */
export function describeProxy(kind: ProxyKind): void {
  const isReady = isBuilt && isInstalled(kind);
  if (!isReady)
    process.stdout.write(`skipped: ${kind.file}, because ${kind.program} is not installed, or there is no build\n`);

  describe.skipIf(!isReady)(
    `the servers behind ${kind.name} as docs/deployment/${kind.file} has it (needs the build)`,
    { timeout: 90_000 },
    () => {
      let hub: PublicHub;
      let ca: string;

      beforeAll(async () => {
        hub = await startPublicHub(kind);
        ca = await readFile(hub.proxy.certificate, 'utf8');
      }, 90_000);

      afterAll(() => hub?.[Symbol.asyncDispose]());

      async function ask(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
        const asked = request(url, { ca, headers, family: 4, localAddress: CLIENT, agent: false }).end();
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        return answer;
      }

      function open(url: string, headers: Record<string, string> = {}): WebSocket {
        const options: ClientOptions & { ca: string } = { ca, headers, family: 4, localAddress: CLIENT };
        return new WebSocket(url, options);
      }

      /** A simulation that streams. */
      async function start(headers: Record<string, string> = {}) {
        const chosen = await text(await ask(`${hub.url}/session?url=${encodeURIComponent(EXAMPLE_WORLD)}`));
        const socket = open(`${chosen}/client`, headers);
        const messages: string[] = [];
        socket.on('message', (data) => messages.push(String(data)));
        await once(socket, 'open');
        socket.send(JSON.stringify({ start: { url: EXAMPLE_WORLD } }));
        const address = await vi.waitFor(() => {
          const found = messages.find((message) => message.startsWith('webots:'));
          expect(found, messages.join('\n')).toBeDefined();
          return found!.slice('webots:'.length);
        }, BOUND);
        return { chosen, socket, address, files: address.replace('wss:', 'https:') };
      }

      async function expectNothingLeft(): Promise<void> {
        const folders = () => readdir(join(hub.program.projects, 'instances'));
        await vi.waitFor(async () => expect(await folders()).toEqual([]), BOUND);
      }

      it('play a whole simulation by https and wss, and nothing is left', async () => {
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: hub.proxy.certificate };
        const tried = promisify(execFile)(process.execPath, [TRY, '--session', hub.url, '--seconds', '5'], { env });
        // Where it fails, it has said why.
        const { stdout } = await tried.catch((error: { readonly stdout: string }) => error);

        const { port, simulationPort } = hub.proxy;
        const address = `wss://localhost:${port}/${simulationPort}/stream/[0-9a-f]{32}/${simulationPort + 1}`;
        expect(stdout).toMatch(new RegExp(`streaming +${address}\\n`));
        expect(stdout).toMatch(/ [1-9]\d* frames\n/);
        expect(stdout).toMatch(/success +all went well\n$/);
        await expectNothingLeft();
      });

      it('serve the files of a project as they are, also under names with strange characters', async () => {
        const { socket, files } = await start();
        const world = await ask(`${files}/worlds/marbles.wbt`);
        const etag = String(world.headers.etag);

        expect([world.statusCode, world.headers['access-control-allow-origin']]).toEqual([200, '*']);
        expect(await text(world)).toMatch(/^#VRML_SIM /);
        expect((await ask(`${files}/worlds/marbles.wbt`, { 'if-none-match': etag })).statusCode).toBe(304);
        expect((await ask(`${files}/no%20such%2Ffile%3F.png`)).statusCode).toBe(404);
        socket.close();
        await expectNothingLeft();
      });

      it('let nobody reach another port than that of a server, though something listens there', async () => {
        const { socket, address } = await start();
        const { port, simulationPort } = hub.proxy;
        const engine = `localhost:${port}/${simulationPort + 1}`;
        const attempt = open(`wss://${engine}/`);
        const refused = new Promise((resolve) => {
          attempt.on('error', ({ message }) => resolve(message)).on('open', () => resolve('open'));
        });

        expect(address).toContain(`/${simulationPort + 1}`);
        expect(await refused).toMatch(/^Unexpected server response: 404$/);
        expect((await ask(`https://${engine}/worlds/marbles.wbt`)).statusCode).toBe(404);
        socket.close();
        await expectNothingLeft();
      });

      it('know the address of a client from the proxy, and believe nothing that the client says of it', async () => {
        const { socket } = await start({ 'X-Forwarded-For': '203.0.113.7', Forwarded: 'for=203.0.113.7' });
        const page = await text(await ask(`${hub.simulationUrl}/monitor`, OPERATOR));

        expect(page).toContain('127.9.9.x');
        expect(page).not.toContain('203.0.113');
        // Whoever comes through the proxy is on this machine, and no operator all the same.
        expect(await text(await ask(`${hub.simulationUrl}/monitor`))).not.toContain('127.9.9.x');
        socket.close();
        await expectNothingLeft();
      });

      it.each([
        ['the session server', () => hub.url],
        ['a simulation server', () => hub.simulationUrl],
      ])('pass on the events of the monitor of %s at once', async (_, url) => {
        const answer = await ask(`${url()}/monitor/events`, { accept: 'text/event-stream' });
        const [first] = await once(answer, 'data');

        expect(answer.headers['content-type']).toMatch(/^text\/event-stream/);
        expect(String(first)).toMatch(/^(?:retry|data|event|id|:)/);
        answer.destroy();
      });

      it('have the session server at its own port, too, as mails name its monitor', async () => {
        const answer = await ask(`${hub.url}/${hub.proxy.sessionPort}/monitor`);

        expect([answer.statusCode, await text(answer)]).toEqual([
          200,
          expect.stringContaining('Webots session server'),
        ]);
      });
    },
  );
}
