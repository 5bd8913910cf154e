import { describe, expect, it } from 'vitest';
import { startLines } from '../../src/start-lines.ts';

/** The URLs in the lines of both servers, which listen on all interfaces. */
function urlsOf(server: string, { ssl = true, portRewrite = true } = {}) {
  const config = { server, ssl, portRewrite };
  const lines = startLines({
    version: '1.0.0',
    addresses: new Map([
      ['session', { address: '::', port: 1999 }],
      ['simulation', { address: '::', port: 2000 }],
    ]),
    configs: { session: { ...config, port: 1999 }, simulation: { ...config, port: 2000 } },
    engine: undefined,
    stream: { address: '127.0.0.1', port: 8080 },
  });
  return lines.match(/\w+:\/\/\S+/g);
}

describe('the lines of a start', () => {
  it('name localhost where the servers call themselves local, whatever clients are told', () => {
    const local = [
      'http://localhost:2000/monitor',
      'http://localhost:1999/monitor',
      'http://localhost:1999/inspect',
      'ws://localhost:8080',
      'http://localhost:1999/',
    ];
    expect(urlsOf('localhost', { ssl: false, portRewrite: false })).toEqual(local);
    expect(urlsOf('[::1]')).toEqual(local);
  });

  it('name the public address where there is one, but for what only this machine may see', () => {
    expect(urlsOf('hub.example.org')).toEqual([
      'https://hub.example.org/2000/monitor',
      'https://hub.example.org/1999/monitor',
      'http://localhost:1999/inspect',
      'ws://localhost:8080',
      'https://hub.example.org/1999/',
    ]);
    expect(urlsOf('192.0.2.7', { ssl: false, portRewrite: false })?.[0]).toBe('http://192.0.2.7:2000/monitor');
  });
});
