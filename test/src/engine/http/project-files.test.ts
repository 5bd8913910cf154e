import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProjectFiles } from '../../../../src/engine/http/project-files.ts';
import { ProjectFolder } from '../fixtures/project-folder.ts';

let folder: ProjectFolder;
let server: Server;

beforeEach(async () => {
  folder = await ProjectFolder.create({
    'worlds/textures/wood.jpg': 'a picture',
    'plugins/robot_windows/w/w.html': '<p>window</p>',
    '.git/config': 'secret',
    'worlds/.w.jpg': 'thumbnail',
    empty: '',
  });
  const files = new ProjectFiles(folder.path);
  server = createServer((incoming, response) => files.serve(incoming, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await folder.remove();
});

describe('ProjectFiles', () => {
  it('serves a file with the headers of Webots', async () => {
    const { status, headers, body } = await get('/worlds/textures/wood.jpg?x=1');

    expect({ status, body }).toEqual({ status: 200, body: 'a picture' });
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=3600',
      'content-length': '9',
      'content-type': 'image/jpeg',
      etag: createHash('md5').update('a picture').digest('hex'),
    });
  });

  it('answers 304 to who has the file, and 200 again once it has changed', async () => {
    const etag = createHash('md5').update('a picture').digest('hex');

    for (const value of [etag, `"${etag}"`, `"other", W/"${etag}"`]) {
      const { status, headers, body } = await get('/worlds/textures/wood.jpg', { 'If-None-Match': value });
      expect({ status, etag: headers.etag, body }).toEqual({ status: 304, etag, body: '' });
    }
    await folder.write('worlds/textures/wood.jpg', 'another picture');
    expect(await get('/worlds/textures/wood.jpg', { 'If-None-Match': etag })).toMatchObject({
      status: 200,
      body: 'another picture',
    });
  });

  it('answers HEAD without a body, OPTIONS with what is allowed, and refuses to write', async () => {
    expect(await get('/worlds/textures/wood.jpg', {}, 'HEAD')).toMatchObject({
      status: 200,
      headers: { 'content-length': '9' },
      body: '',
    });
    expect(await get('/worlds/textures/wood.jpg', {}, 'OPTIONS')).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, HEAD, OPTIONS' },
    });
    expect(await get('/worlds/textures/wood.jpg', {}, 'PUT')).toMatchObject({ status: 405 });
  });

  it('serves empty files, thumbnails of worlds and robot windows', async () => {
    expect(await get('/empty')).toMatchObject({ status: 200, body: '' });
    expect(await get('/worlds/.w.jpg')).toMatchObject({ status: 200, body: 'thumbnail' });
    expect(await get('/robot_windows/w/w.html?name=r')).toMatchObject({
      status: 200,
      body: '<p>window</p>',
      headers: { 'content-type': 'text/html' },
    });
  });

  it('has a page for people at its root only', async () => {
    expect(await get('/')).toMatchObject({ status: 200, body: expect.stringContaining('not Webots') });
    expect(await get('/index.html?a')).toMatchObject({ status: 200, body: expect.stringContaining('not Webots') });
    expect(await get('/setup_viewer.js')).toMatchObject({
      status: 404,
      headers: { 'access-control-allow-origin': '*' },
    });
  });

  it('follows links inside of the project, and none to the outside or to what is hidden', async () => {
    const outside = await ProjectFolder.create({ 'secret.txt': 'secret' });
    await symlink(folder.at('worlds/textures/wood.jpg'), folder.at('inside.jpg'));
    await symlink(outside.path, folder.at('out'));
    await symlink(outside.at('secret.txt'), folder.at('out.txt'));
    await symlink(folder.at('.git'), folder.at('git'));

    expect(await get('/inside.jpg')).toMatchObject({ status: 200 });
    for (const path of [
      '/out/secret.txt',
      '/out.txt',
      '/git/config',
      '/.git/config',
      `/../${outside.path}/secret.txt`,
    ]) {
      expect(await get(path)).toMatchObject({ status: 404, body: expect.not.stringContaining('secret') });
    }
    await outside.remove();
  });

  it('does not serve folders, nor wait for pipes', async () => {
    execFileSync('mkfifo', [folder.at('pipe')]);

    for (const path of ['/worlds', '/worlds/', '/pipe']) expect(await get(path)).toMatchObject({ status: 404 });
  });

  it('serves a file that is larger than a buffer', async () => {
    await folder.write('large.obj', Buffer.alloc(3_000_000, 'v 1 2 3\n'));
    const { headers, body } = await get('/large.obj');

    expect(body).toHaveLength(3_000_000);
    expect(headers.etag).toBe(createHash('md5').update(body).digest('hex'));
  });
});

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo;
  // Unlike fetch, this sends the path as it is.
  const outgoing = request({ port, host: '127.0.0.1', path, headers, method, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
