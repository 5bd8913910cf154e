import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckoutOptions } from '../../../src/projects/checkout.ts';
import { CheckoutHarness, IMPLEMENTATIONS } from '../../fixtures/checkout-harness.ts';
import { type GitServer, startGitServer } from '../../fixtures/git-server.ts';
import { hasProc, openFiles } from '../../fixtures/process-traces.ts';

const TOKEN = 'ghp_0123456789abcdef';
const WORLD = 'school/exam/blob/main/p/worlds/w.wbt';

describe.each(IMPLEMENTATIONS)('the %s checkout of a private repository', (git) => {
  const harness = new CheckoutHarness(git);
  let server: GitServer;
  let elsewhere: GitServer;
  let warnings: string[];
  let log: string[];
  const environment: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    server = await startGitServer({ passwordOf: (name) => (name.startsWith('school/') ? TOKEN : undefined) });
    elsewhere = await startGitServer();
    const files = { 'p/worlds/w.wbt': 'private', 'p/controllers/c/c.py': 'print()', 'other/large': 'x' };
    for (const host of [server, elsewhere]) {
      await host.addRepository('school/exam', [{ branch: 'main', files }]);
    }
    await server.addRepository('open/world', [{ branch: 'main', files }]);
  });
  beforeEach(() => {
    environment.TOKEN = TOKEN;
    warnings = [];
    log = [];
  });
  afterEach(() => {
    server.mode = { kind: 'serve' };
  });
  afterAll(async () => {
    await server.close();
    await elsewhere.close();
  });

  const options = (prefix = `${server.url}/school`): Partial<CheckoutOptions> => ({
    mirrors: { 'https://github.com': server.url },
    credentials: [{ prefix, tokenEnv: 'TOKEN' }],
    environment,
    log: (line) => log.push(line),
    warn: (line) => warnings.push(line),
  });

  it('succeeds with the token, and leaves it nowhere in its folder', async () => {
    const project = await harness.fetch(WORLD, {}, options());

    expect(await readFile(project.worldPath, 'utf8')).toBe('private');
    expect((await project.readPristine('controllers/c/c.py')).toString()).toBe('print()');
    expect(await filesWith(harness.folder, secretForms())).toEqual([]);
    expect((await readdir(harness.folder)).sort()).toEqual(['checkout.git', 'exam']);
    expect(warnings).toEqual([]);
  });

  it('fetches a commit and a branch with a slash in the same way', async () => {
    const repository = await server.addRepository('school/refs', [
      { branch: 'feature/arm', files: { 'worlds/w.wbt': 'slash' } },
    ]);
    const commit = repository.commits[0]!;
    const [slash, byId] = [await harness.makeFolder(), await harness.makeFolder()];

    for (const [ref, folder] of [
      ['feature/arm', slash],
      [commit, byId],
    ] as const) {
      const project = await harness.fetch(`school/refs/blob/${ref}/worlds/w.wbt`, { folder }, options());
      expect(project.commit).toBe(commit);
    }
  });

  it('uses a token that was replaced from the next checkout on', async () => {
    environment.TOKEN = 'old';
    await harness.failure(WORLD, options());
    environment.TOKEN = TOKEN;

    await harness.fetch(WORLD, { folder: await harness.makeFolder() }, options());
  });

  it.each([
    ['is wrong', 'wrong', /^the git server does not show github\.com\/school\/exam to the token of http:\S+\/school$/],
    ['is missing', undefined, /^the token of \S+ cannot be used: Expected a token in .* TOKEN, found none$/],
  ])(
    'tells clients no more than of any private repository when the token %s, and the operator what it is',
    async (_what, token, warning) => {
      if (token === undefined) delete environment.TOKEN;
      else environment.TOKEN = token;

      expect(await harness.failure(WORLD, options())).toEqual({
        code: 'projectNotFound',
        message: 'github.com/school/exam does not exist or is not public.',
      });
      expect(warnings).toEqual([expect.stringMatching(warning)]);
      if (token !== undefined) expect(`${log}${warnings}`).not.toContain(token === 'wrong' ? 'Basic' : token);
    },
  );

  it('sends the token to no repository beyond the prefix', async () => {
    const before = server.requests.length;

    await harness.fetch('open/world/blob/main/p/worlds/w.wbt', {}, options());

    expect(server.requests.slice(before).map(({ authorization }) => authorization)).not.toContainEqual(
      expect.anything(),
    );
  });

  it('sends the token to no other host, also not where the git server redirects to it', async () => {
    server.mode = { kind: 'redirect', to: elsewhere.url };
    const before = elsewhere.requests.length;

    await harness.fetch(WORLD, {}, options()).catch(() => undefined);

    const asked = elsewhere.requests.slice(before);
    expect(asked.map(({ authorization }) => authorization)).not.toContainEqual(expect.anything());
  });

  it.skipIf(!hasProc)(
    'shows the token in no arguments, and gives it to no file of the project, while it lasts (needs /proc)',
    async () => {
      let release = () => {};
      server.mode = {
        kind: 'hold',
        until: new Promise<void>((resolve) => {
          release = resolve;
        }),
      };
      const before = server.requests.length;
      const checkout = harness.fetch(WORLD, {}, options());
      await expect.poll(() => server.requests.slice(before).map(({ kind }) => kind)).toContain('pack');

      expect(await argumentsWith(secretForms())).toEqual([]);
      expect(await filesWith(join(harness.folder, 'exam'), secretForms())).toEqual([]);
      expect(await filesWith(join(harness.folder, 'checkout.git'), secretForms())).toEqual([]);
      release();
      await checkout;
      expect(await openFiles(harness.folder)).toEqual([]);
      expect(log.join('\n')).not.toMatch(new RegExp(secretForms().join('|')));
    },
  );
});

/** The token as it is, and as it is sent. */
function secretForms(): string[] {
  return [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString('base64')];
}

async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const content = await readFile(join(parentPath, name), 'latin1').catch(() => '');
        return texts.some((text) => content.includes(text)) ? [join(parentPath, name)] : [];
      }),
  );
  return found.flat();
}

async function argumentsWith(texts: readonly string[]): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(processes.map((id) => readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => texts.some((text) => line.includes(text)));
}
