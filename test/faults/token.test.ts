import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, startCompiledServer } from '../fixtures/compiled-server.ts';
import { type GitServer, startGitServer } from '../fixtures/git-server.ts';
import { hasProc } from '../fixtures/process-traces.ts';

/** New in every run, so that what another one has left is not taken for this one's. */
const TOKEN = `glpat-${randomUUID()}`;
const FORMS = [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString('base64')];

let git: GitServer;

beforeAll(async () => {
  git = await startGitServer({ passwordOf: () => TOKEN });
  await git.addRepository('school/exam', [{ branch: 'main', files: { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n' } }]);
});
afterAll(() => git.close());

describe.skipIf(!isBuilt || !hasProc)('the token of a private repository (needs the build and /proc)', () => {
  it.each(['native', 'builtin'])(
    'is in no process but the server, no log and no project, with the %s git',
    async (kind) => {
      let release = () => {};
      git.mode = {
        kind: 'hold',
        until: new Promise<void>((resolve) => {
          release = resolve;
        }),
      };
      const before = git.requests.length;
      await using server = await startCompiledServer({
        config: {
          git: kind,
          mirrors: { 'https://github.com': git.url },
          allowedRepositories: ['https://github.com/school'],
          credentials: [{ prefix: git.url, tokenEnv: 'SCHOOL_TOKEN' }],
        },
        environment: { SCHOOL_TOKEN: TOKEN },
      });
      const client = await server.connect();
      client.start('https://github.com/school/exam/blob/main/worlds/w.wbt');
      await expect.poll(() => git.requests.slice(before).some((request) => request.kind === 'pack')).toBe(true);

      expect(await processesWith('cmdline')).toEqual([]);
      expect(await processesWith('environ')).toEqual([server.pid]);
      release();
      await client.heard('webots:');

      expect(await processesWith('cmdline')).toEqual([]);
      expect(await processesWith('environ')).toEqual([server.pid]);
      expect(await filesWith(server.projectsDir)).toEqual([]);
      for (const form of FORMS) expect(JSON.stringify([server.log, client.messages])).not.toContain(form);
      client.socket.close();
      await client.closed;
    },
  );
});

/** The ids of the processes whose arguments or environment hold the token. */
async function processesWith(file: 'cmdline' | 'environ'): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    ids.map(async (id) => {
      // Processes end, and some cannot be looked into.
      const text = await readFile(`/proc/${id}/${file}`, 'latin1').catch(() => '');
      return FORMS.some((form) => text.includes(form)) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

async function filesWith(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const text = await readFile(join(parentPath, name), 'latin1').catch(() => '');
        return FORMS.some((form) => text.includes(form)) ? [name] : [];
      }),
  );
  return found.flat();
}
