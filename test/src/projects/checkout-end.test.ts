import { randomBytes } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { CheckoutHarness, IMPLEMENTATIONS } from '../../fixtures/checkout-harness.ts';
import { startGitServer } from '../../fixtures/git-server.ts';
import { hasProc } from '../../fixtures/process-traces.ts';

const NOTHING = { processes: [], files: [] };

describe.each(IMPLEMENTATIONS)('the %s checkout', (git) => {
  const harness = new CheckoutHarness(git);
  const url = 'owner/project/blob/main/worlds/w.wbt';
  const reason = new Error('the client left');

  beforeAll(async () => {
    await harness.server.addRepository('owner/project', [{ branch: 'main', files: { 'worlds/w.wbt': 'w' } }]);
  });

  it.each([
    ['a repository that is not there', 'owner/nothing/blob/main/worlds/w.wbt', 'projectNotFound'],
    ['a repository that is not shown', 'owner/hidden/blob/main/worlds/w.wbt', 'projectNotFound'],
    ['a branch that is not there', 'owner/project/blob/nothing/worlds/w.wbt', 'projectNotFound'],
    ['a branch with a slash that is not there', 'owner/project/blob/a/b/c/worlds/w.wbt', 'projectNotFound'],
    ['a commit that is not there', `owner/project/blob/${'1'.repeat(40)}/worlds/w.wbt`, 'projectNotFound'],
    ['a world that is not there', 'owner/project/blob/main/worlds/nothing.wbt', 'worldMissing'],
    ['a folder that is not there', 'owner/project/blob/main/nothing/worlds/w.wbt', 'worldMissing'],
  ])('refuses %s', async (_what, wrong, code) => {
    expect(await harness.failure(wrong)).toMatchObject({ code });
  });

  it.each([
    ['owner/nothing/blob/main/worlds/w.wbt', 'github.com/owner/nothing does not exist or is not public.'],
    ['owner/project/blob/x/worlds/w.wbt', 'github.com/owner/project has no branch, tag or commit "x".'],
    ['owner/project/blob/main/worlds/x.wbt', 'x.wbt does not exist.'],
  ])('says what is not there of %s', async (wrong, message) => {
    expect(await harness.failure(wrong)).toMatchObject({ message });
  });

  it.each([
    ['asks for a password', { kind: 'status', status: 401 }, 'projectNotFound'],
    ['fails', { kind: 'status', status: 500 }, 'projectUnreachable'],
    ['is too busy', { kind: 'status', status: 429 }, 'projectUnreachable'],
    ['breaks off', { kind: 'break' }, 'projectUnreachable'],
  ] as const)('refuses a project whose git server %s', async (_what, mode, code) => {
    harness.server.mode = mode;

    expect(await harness.failure(url)).toMatchObject({ code });
  });

  it('refuses a project whose git server is not there', async () => {
    const gone = await startGitServer();
    await gone.close();

    const failure = await harness
      .fetch(url, {}, { mirrors: { 'https://github.com': gone.url } })
      .catch((error) => error);

    const { port } = new URL(gone.url);
    expect(failure).toMatchObject({
      code: 'projectUnreachable',
      cause: { message: expect.stringMatching(`127\\.0\\.0\\.1(?::| port )${port}`) },
    });
  });

  it.each(['connect', 'pack'] as const)('gives up a git server that hangs at the %s', async (at) => {
    harness.server.mode = { kind: 'hang', at };

    expect(await harness.failure(url, { checkoutTimeout: 1 })).toEqual({
      code: 'checkoutTimedOut',
      message: 'Fetching github.com/owner/project took longer than 1 s.',
    });
    expect(await harness.leftovers()).toEqual(NOTHING);
  });

  it.each(['connect', 'pack'] as const)('leaves nothing behind when it is aborted at the %s', async (at) => {
    harness.server.mode = { kind: 'hang', at };
    const hung = harness.server.hung();
    const abort = new AbortController();
    const outcome = expect(harness.fetch(url, { signal: abort.signal })).rejects.toBe(reason);

    await hung;
    expect((await harness.leftovers()).processes.length > 0).toBe(git === 'native' && hasProc);
    abort.abort(reason);

    await outcome;
    expect(await harness.leftovers()).toEqual(NOTHING);
  });

  it('starts nothing when it is aborted before', async () => {
    await expect(harness.fetch(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(await readdir(harness.folder)).toEqual([]);
  });

  it('refuses a project that is too large once it is written', async () => {
    const files = { 'worlds/w.wbt': Buffer.alloc(2 ** 20 + 1) };
    await harness.server.addRepository('owner/zeros', [{ branch: 'main', files }]);

    expect(await harness.failure('owner/zeros/blob/main/worlds/w.wbt', { maxProjectSize: 1 })).toEqual({
      code: 'projectTooLarge',
      message: 'github.com/owner/zeros is larger than the 1 MiB that are allowed.',
    });
  });

  it('refuses a project that is too large while it arrives', async () => {
    const files = { 'worlds/w.wbt': randomBytes(2 ** 22) };
    await harness.server.addRepository('owner/large', [{ branch: 'main', files }]);
    harness.server.mode = { kind: 'hang', at: 'pack', after: 2 ** 21 };

    expect(await harness.failure('owner/large/blob/main/worlds/w.wbt', { maxProjectSize: 1 })).toMatchObject({
      code: 'projectTooLarge',
    });
    expect(await harness.leftovers()).toEqual(NOTHING);
  });

  it('takes a project that is as large as allowed', async () => {
    const files = { 'worlds/w.wbt': Buffer.alloc(2 ** 20) };
    await harness.server.addRepository('owner/full', [{ branch: 'main', files }]);

    const { worldPath } = await harness.fetch('owner/full/blob/main/worlds/w.wbt', {}, { maxProjectSize: 1 });

    expect((await lstat(worldPath)).size).toBe(2 ** 20);
  });
});
