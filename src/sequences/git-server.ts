import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { readGitRequest, startGitBackend } from './git-backend.ts';
import type { Tape } from './tape.ts';

const run = promisify(execFile);

/** What a commit needs, and nothing of this machine's settings. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'webots-hub'],
      [`GIT_${who}_EMAIL`, 'hub@example.org'],
      [`GIT_${who}_DATE`, '1700000000 +0000'],
    ]),
  ),
};

/** A git server that tells what it is asked. */
export interface TapedGitServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts git's smart HTTP with one repository.
 *
 * @param root empty folder for the repository
 * @param repository its name, `owner/name`
 * @param content folder that becomes its only commit
 * @param tape the tape that runs now
 */
export async function startGitServer(
  root: string,
  repository: string,
  content: string,
  tape: () => Tape,
): Promise<TapedGitServer> {
  await importFolder(join(root, repository), content);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readGitRequest(request);
    const [, command] = /command=(ls-refs|fetch)/.exec(body.toString('latin1')) ?? [];
    const question = `${request.method} ${request.url}${command === undefined ? '' : ` (${command})`}`;
    tape().tell({ from: 'simulation', to: 'git', text: question });
    const output = await buffer(startGitBackend(root, request, body).stdout);
    const end = output.indexOf('\r\n\r\n');
    const head = output.toString('latin1', 0, end).split('\r\n');
    const fields = Object.fromEntries(head.map((line) => line.split(/:\s*/, 2) as [string, string]));
    const { Status: status = '200', ...headers } = fields;
    tape().tell({ from: 'git', to: 'simulation', text: `${status} ${headers['Content-Type']}`, kind: 'answer' });
    response.writeHead(Number.parseInt(status, 10), headers).end(output.subarray(end + 4));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Makes a bare repository whose branch `main` holds a folder. */
async function importFolder(repository: string, folder: string): Promise<void> {
  await mkdir(repository, { recursive: true });
  const git = async (...args: string[]) =>
    (await run('git', ['--git-dir', repository, ...args], { env: ENVIRONMENT })).stdout.trim();
  await git('init', '--quiet', '--bare', '--initial-branch=main', '--template=');
  await git('--work-tree', folder, 'add', '--all', '--force', '.');
  const commit = await git('commit-tree', await git('write-tree'), '-m', 'import');
  await git('update-ref', 'refs/heads/main', commit);
}
