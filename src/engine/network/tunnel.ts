import { request as requestPlainly } from 'node:http';
import { request as requestByTls } from 'node:https';
import type { Socket } from 'node:net';

/**
 * A connection to `target` that a proxy passes on.
 *
 * @param target `address:port`
 * @throws Error where the proxy cannot be reached, or refuses
 */
export function openTunnel(proxy: URL, target: string, signal: AbortSignal): Promise<Socket> {
  const { protocol, hostname, port, username, password } = proxy;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const send = protocol === 'https:' ? requestByTls : requestPlainly;
  return new Promise((resolve, reject) => {
    send({
      method: 'CONNECT',
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      ...(port !== '' && { port }),
      path: target,
      headers: {
        host: target,
        ...(username !== '' && { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
      },
      agent: false,
      signal,
    })
      .on('connect', ({ statusCode }, socket: Socket) => {
        if (statusCode === 200) resolve(socket);
        else {
          socket.destroy();
          reject(new Error(`Expected the proxy to connect, got ${statusCode}`));
        }
      })
      .on('response', (response) => {
        response.destroy();
        reject(new Error(`Expected the proxy to connect, got ${response.statusCode}`));
      })
      .on('error', reject)
      .end();
  });
}
