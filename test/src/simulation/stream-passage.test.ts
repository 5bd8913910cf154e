import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createStreamProxy } from '../../../src/simulation/stream-proxy.ts';

/** Bytes that an engine sends at once in a test, and those of one write. */
const FLOOD = 100 * 2 ** 20;
const CHUNK = Buffer.alloc(2 ** 16);

/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 20_000, interval: 10 };

/** What an engine says that takes an upgrade. */
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

const closers: (() => void)[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A server that passes on to an engine, and the path of that. */
async function proxyTo(enginePort: number) {
  const proxy = createStreamProxy({ address: 'wss://hub.example.org/2000', portOf: () => enginePort });
  const server = createServer(proxy.answer).on('upgrade', proxy.upgrade);
  const port = await listen(server);
  closers.push(proxy.close, () => server.closeAllConnections());
  return { proxy, port, path: `${proxy.baseOf('s').replace('wss://hub.example.org/2000', '')}${enginePort}` };
}

/** An engine that is written in the test, as far as it matters. */
async function proxyToTcp(onConnection: (socket: Socket) => void) {
  const connections: Socket[] = [];
  const engine = createTcpServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket.on('error', () => {}));
    closers.push(() => socket.destroy());
    onConnection(socket);
  });
  return { connections, ...(await proxyTo(await listen(engine))) };
}

/** A client that has asked for a stream. */
function openStream(port: number, path: string) {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  closers.push(() => client.destroy());
  client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  return client;
}

async function proxyToHttp(onRequest: (request: IncomingMessage, response: ServerResponse) => void) {
  const connections = new Set<Socket>();
  const engine = createServer(onRequest).on('connection', (socket) => connections.add(socket));
  return { connections, ...(await proxyTo(await listen(engine))) };
}

describe('a stream that is passed on', () => {
  it('waits for a client that does not read, so that nothing piles up in the server, and loses nothing', async () => {
    let written = 0;
    const { port, path } = await proxyToTcp((socket) => {
      socket.once('data', () => {
        socket.write(SWITCHING);
        const flood = () => {
          while (written < FLOOD) {
            written += CHUNK.length;
            if (!socket.write(CHUNK)) return;
          }
          socket.end();
        };
        socket.on('drain', flood);
        flood();
      });
    });
    const client = openStream(port, path);

    // What the system's buffers hold, and no more.
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = written > 0 && written === before;
        before = written;
        expect(isStill).toBe(true);
      },
      { timeout: 10_000, interval: 500 },
    );
    expect(written).toBeLessThan(FLOOD / 2);

    let read = 0;
    client.on('data', (data) => {
      read += data.length;
    });
    await once(client, 'end');
    expect(read).toBe(SWITCHING.length + FLOOD);
  });

  it('brings a slow client what an engine said before it was gone', async () => {
    const words = 'x'.repeat(2 ** 16);
    const { port, path, connections } = await proxyToTcp((socket) => {
      socket.once('data', () => socket.end(SWITCHING + words));
    });
    const client = openStream(port, path).pause();
    await vi.waitFor(() => expect(connections[0]?.writableFinished).toBe(true), BOUND);

    expect(await text(client)).toHaveLength(SWITCHING.length + words.length);
  });

  it.each([
    ['client', (client: Socket) => client.end()],
    ['engine', (_: Socket, engine: Socket) => engine.end()],
  ])('ends on both sides soon after the %s has ended its own, though the other goes on', async (_, end) => {
    const { port, path, connections } = await proxyToTcp((socket) => {
      socket.once('data', () => socket.write(SWITCHING));
    });
    const client = openStream(port, path);
    await once(client, 'data');
    const engine = connections[0]!;
    client.resume();
    engine.resume();

    end(client, engine);

    await vi.waitFor(() => {
      expect(client.readableEnded || client.closed).toBe(true);
      expect(engine.readableEnded || engine.closed).toBe(true);
      // Whoever still speaks is told that nobody listens.
      client.write('?');
      engine.write('?');
      expect([client.closed, engine.closed]).toEqual([true, true]);
    }, BOUND);
  });

  it('is answered 502 where the engine cannot be reached', async () => {
    const { port, path } = await proxyTo(1);

    expect(await text(openStream(port, path))).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  it.each([
    ['answers as if nothing had been asked', 'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nhi'],
    ['refuses it', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['says next to nothing', 'HTTP/1.1 10'],
    ['says nothing', ''],
    ['does not end its answer', 'HTTP/1.1 101 Switching Protocols\r\nX: '.padEnd(20_000, 'x')],
  ])('is answered 502, and closed to further requests, where the engine %s', async (_, answer) => {
    const heard: string[] = [];
    const { port, path, connections } = await proxyToTcp((socket) => {
      socket.on('data', (data) => {
        heard.push(String(data));
        // One that says too little ends its side.
        if (answer.length < SWITCHING.length / 2) socket.end(answer);
        else socket.write(answer);
      });
    });
    const client = openStream(port, path);

    const [reply] = await once(client, 'data');
    client.write('GET /monitor HTTP/1.1\r\nHost: x\r\nAuthorization: Basic c\r\n\r\n');

    expect(String(reply)).toBe('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    const ended = () => [client, connections[0]!].map((side) => side.readableEnded || side.closed);
    await vi.waitFor(() => expect(ended()).toEqual([true, true]), BOUND);
    expect(heard).toHaveLength(1);
  });

  it('is passed on where the engine takes it in pieces', async () => {
    const { port, path } = await proxyToTcp((socket) => {
      socket.once('data', () => {
        socket.setNoDelay(true).write(SWITCHING.slice(0, 5));
        setImmediate(() => socket.end(`${SWITCHING.slice(5)}hello`));
      });
    });

    expect(await text(openStream(port, path))).toBe(`${SWITCHING}hello`);
  });

  it('brings nothing with the engine’s answer that a browser keeps for the whole host', async () => {
    const { port, path } = await proxyToTcp((socket) => {
      const fields = [
        'Upgrade: websocket',
        'Set-Cookie: a=b',
        'set-cookie : c=d\nClear-Site-Data: "*"\nSec-WebSocket-Accept: k',
        ' folded: Set-Cookie: e=f',
        'X: y\rSet-Cookie: g=h',
      ];
      socket.once('data', () => socket.end(`HTTP/1.1 101 Switching\r\n${fields.join('\r\n')}\r\n\r\nSet-Cookie: data`));
    });

    expect(await text(openStream(port, path))).toBe(
      'HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: k\r\n\r\nSet-Cookie: data',
    );
  });

  it('tells the engine nothing that is meant for this server', async () => {
    let heard = '';
    const { port, path } = await proxyToTcp((socket) => {
      socket.on('data', (data) => {
        heard += data;
      });
    });
    const client = connect(port, '127.0.0.1').on('error', () => {});
    closers.push(() => client.destroy());
    client.write(
      `GET ${path}/?a=b HTTP/1.1\r\nhost: x\r\nCookie: c\r\nauthorization: Basic c\r\nconnection: Upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nfirst`,
    );

    await vi.waitFor(() => expect(heard).toContain('first'), BOUND);
    expect(heard).toMatch(
      /^GET \/\?a=b HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\nfirst$/,
    );
  });
});

describe('a file that is passed on', () => {
  it('is asked for with names of headers as Webots knows them, the public address as host, and no secrets', async () => {
    const { port, path } = await proxyToHttp(({ rawHeaders }, response) => response.end(JSON.stringify(rawHeaders)));
    const secrets = { authorization: 'Basic c', cookie: 'c' };

    const answer = await fetch(`http://127.0.0.1:${port}${path}/a.png`, {
      headers: { 'if-none-match': 'e', ...secrets },
    });
    const raw = (await answer.json()) as string[];
    const headers = new Map(raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : [])) as never);

    expect(headers.get('If-None-Match')).toBe('e');
    expect(headers.get('Host')).toBe(`hub.example.org/2000${path}`);
    expect([...headers.keys()].map((name) => String(name).toLowerCase())).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:authorization|cookie)$/)]),
    );
  });

  it('brings nothing that a browser keeps for the whole host', async () => {
    const { port, path } = await proxyToHttp((_, response) => {
      response.writeHead(401, {
        'Set-Cookie': ['a=b', 'c=d'],
        'Clear-Site-Data': '"*"',
        'Strict-Transport-Security': 'max-age=1000',
        'WWW-Authenticate': 'Basic realm="webots-hub operator"',
        'X-Content-Type-Options': 'sniff',
        ETag: 'e',
      });
      response.end();
    });

    const { headers } = await fetch(`http://127.0.0.1:${port}${path}/file`);

    expect(Object.fromEntries(headers)).toEqual({
      connection: 'keep-alive',
      'content-security-policy': expect.stringMatching(/^sandbox /),
      date: expect.any(String),
      etag: 'e',
      'keep-alive': expect.any(String),
      'transfer-encoding': 'chunked',
      'x-content-type-options': 'nosniff',
    });
  });

  it('comes by a new connection to the engine, while the client keeps its own', async () => {
    const { port, path, connections } = await proxyToHttp((_, response) => response.end('file'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => agent.destroy());
    const own = new Set<Socket>();
    for (let count = 0; count < 3; count++) {
      const asked = httpRequest({ port, host: '127.0.0.1', path: `${path}/f`, agent }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      own.add(answer.socket);
      expect(await text(answer)).toBe('file');
    }

    expect([own.size, connections.size]).toEqual([1, 3]);
  });

  it('may pause for as long as it likes once it has begun, as pictures do', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let goOn = () => {};
    const { port, path } = await proxyToHttp((_, response) => {
      response.write('first ');
      goOn = () => void response.end('second');
    });
    const asked = httpRequest({ port, host: '127.0.0.1', path: `${path}/mjpeg`, agent: false }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];

    vi.advanceTimersByTime(3_600_000);
    goOn();

    expect(await text(answer)).toBe('first second');
  });

  it('is answered 502 where the engine answers with what is no status', async () => {
    const { port, path } = await proxyToTcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 099 None\r\nContent-Length: 0\r\n\r\n'));
    });

    expect((await fetch(`http://127.0.0.1:${port}${path}/f`)).status).toBe(502);
  });

  it('is answered 502 where the engine does not begin to answer within 30 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let hasAsked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      hasAsked = resolve;
    });
    const { port, path } = await proxyToHttp(() => hasAsked());
    const asked = httpRequest({ port, host: '127.0.0.1', path: `${path}/f`, agent: false }).end();
    await isAsked;

    vi.advanceTimersByTime(30_000);

    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(502);
  });
});
