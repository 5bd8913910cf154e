import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { credentialCheck, credentialQuestions } from '../../../src/doctor/credential-checks.ts';

/** What a GitLab answers to git's first question: it redirects what has no `.git`, and knows one project and token. */
async function startGitLab() {
  const asked: string[] = [];
  const known = `Basic ${Buffer.from('x-access-token:right').toString('base64')}`;
  const server = createServer(({ url = '', headers }, response) => {
    const path = url.replace(/\?.*/, '');
    asked.push(path);
    if (!path.endsWith('.git/info/refs')) response.writeHead(301, { Location: url.replace('/info', '.git/info') });
    else if (headers.authorization !== known) response.writeHead(401);
    else response.writeHead(path === '/group/Sub/project.git/info/refs' ? 200 : 404);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}`, asked, [Symbol.asyncDispose]: async () => void server.close() };
}

/** @returns what is found, and the path that was asked for */
async function examine(path: string, allowed: readonly string[] = [], token = 'right') {
  await using gitlab = await startGitLab();
  const rule = { prefix: `${gitlab.url}${path}`, tokenEnv: 'TOKEN' };
  const urls = allowed.map((below) => `${gitlab.url}${below}`);
  const [question] = credentialQuestions([rule], urls, { [gitlab.host]: 'gitlab' });
  const [{ level, found } = { level: '', found: '' }] = await credentialCheck(question!, { TOKEN: token }).look();
  return [level, found.replaceAll(gitlab.url, ''), ...gitlab.asked.map((asked) => asked.replace('/info/refs', ''))];
}

describe('the check of a token of a GitLab', () => {
  it.each([
    ['a project', '/group/Sub/project', 'shows /group/Sub/project.git', '/group/Sub/project.git'],
    ['a project with its ending', '/group/Sub/project.git', 'shows /group/Sub/project.git', '/group/Sub/project.git'],
    ['a group in a group', '/group/Sub/', 'taken by the git server', '/group/Sub.git'],
    ['a group', '/group', 'taken by the git server', '/group/webots-hub-doctor.git'],
    ['the host', '', 'taken by the git server', '/webots-hub-doctor/webots-hub-doctor.git'],
  ])('is content with one of %s', async (_, path, found, asked) => {
    expect(await examine(path)).toEqual(['fine', found, asked]);
  });

  it('asks for the project of an allowed address below the prefix', async () => {
    const allowed = ['/group/Sub', '/group/Sub/project/-/blob/main/worlds/w.wbt'];

    expect(await examine('/group', allowed)).toEqual([
      'fine',
      'shows /group/Sub/project.git',
      '/group/Sub/project.git',
    ]);
  });

  it('says which project is not shown, and that a token is refused', async () => {
    expect(await examine('/group/other.git')).toEqual(['error', 'does not show /group/other.git', '/group/other.git']);
    expect(await examine('/group/Sub/project', [], 'wrong')).toEqual([
      'error',
      'refused by the git server with status 401',
      '/group/Sub/project.git',
    ]);
  });
});
