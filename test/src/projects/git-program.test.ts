import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCheckout } from '../../../src/projects/checkout.ts';
import { findGit, type GitContext, gitFailure, isGitRecent, runGit } from '../../../src/projects/git-program.ts';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';
import { measureTree } from '../../../src/reaper/measure-tree.ts';
import { spawnProgram } from '../../../src/reaper/spawn-program.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'git-program-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

describe('findGit', () => {
  it('finds the version of the git on the path', async () => {
    await fakeGit('echo "git version 2.24.1 (Apple Git-1)"');

    expect(await findGit()).toEqual([2, 24]);
  });

  it.each([
    ['is not there', undefined],
    ['fails', 'exit 1'],
    ['is another program', 'echo hello'],
  ])('finds none when git %s', async (_what, script) => {
    if (script === undefined) vi.stubEnv('PATH', home);
    else await fakeGit(script);

    expect(await findGit()).toBeUndefined();
  });

  it.each([
    [[2, 25], true],
    [[2, 24], false],
    [[3, 0], true],
    [[1, 99], false],
  ] as const)('takes %j for recent: %s', (version, expected) => {
    expect(isGitRecent(version)).toBe(expected);
  });
});

describe('createCheckout', () => {
  const options = {
    mirrors: {},
    mirrorBase: '/',
    checkoutTimeout: 1,
    maxProjectSize: 1,
    spawn: spawnProgram,
    measure: measureTree,
  };

  it.each([
    ['2.25.0', 'auto', 'native'],
    ['2.24.9', 'auto', 'builtin'],
    ['2.39.5', 'builtin', 'builtin'],
    ['2.39.5', 'native', 'native'],
  ] as const)('takes, with git %s and the setting %s, the %s one', async (version, git, implementation) => {
    await fakeGit(`echo git version ${version}`);

    expect((await createCheckout({ ...options, git })).implementation).toBe(implementation);
  });

  it('refuses to start when git is to be used and is too old', async () => {
    await fakeGit('echo git version 2.20.1');

    await expect(createCheckout({ ...options, git: 'native' })).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: 'Expected git 2.25 or newer on the path, because "git" is "native", got git 2.20',
    });
  });
});

describe('runGit', () => {
  it('gives git neither the configuration of the machine nor what the environment would make it do', async () => {
    await writeFile(path.join(home, '.gitconfig'), '[user]\n\tname = machine\n');
    vi.stubEnv('GIT_DIR', '/elsewhere');
    vi.stubEnv('SMTP_PASSWORD', 'secret');
    vi.stubEnv('GIT_CONFIG_COUNT', '1');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'user.name');
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'environment');

    const listed = await runGit(context(), ['config', '--list', '--show-scope']);
    const environment = await runGit(context(), ['-c', 'alias.tell=!env', 'tell']);

    expect(listed.output.toString()).not.toMatch(/^(system|global|local)\t/m);
    expect(listed.output.toString()).not.toContain('user.name');
    expect(environment.output.toString()).toContain('WEBOTS_HUB_SESSION=git-program-test');
    expect(environment.output.toString()).not.toContain('secret');
  });

  it('speaks no protocol but that of the URL', async () => {
    const { status, errors } = await runGit(context(), ['ls-remote', `file://${home}`]);

    expect(status).toBe(128);
    expect(errors).toContain("transport 'file' not allowed");
  });
});

describe('gitFailure', () => {
  it.each([
    ["fatal: repository 'http://x/o/r/' not found", 'projectNotFound'],
    ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", 'projectNotFound'],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 403", 'projectNotFound'],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 503", 'projectUnreachable'],
    ["fatal: unable to access 'https://x/': Could not resolve host: x", 'projectUnreachable'],
    ['fatal: Remote branch x not found in upstream origin', 'projectNotFound'],
    ["fatal: couldn't find remote ref refs/heads/x", 'projectNotFound'],
    ['fatal: remote error: upload-pack: not our ref 1111', 'projectNotFound'],
    ['fatal: write error: No space left on device', 'diskFull'],
    ['remote: No space left on device\nfatal: early EOF', 'projectUnreachable'],
    ["error: invalid path '.git/config'", 'projectUnusable'],
    ['fatal: fsck error in packed object', 'projectUnusable'],
    ['something else', 'projectUnreachable'],
  ])('takes %j for %s', (errors, code) => {
    const log: string[] = [];

    const failure = gitFailure(
      { ...context(), log: (line) => log.push(line) },
      { status: 128, output: Buffer.of(), errors },
    );

    expect(failure).toMatchObject({ name: 'AppError', code });
    expect(failure.message).toMatch(/^(The git server of )?github\.com\/o\/r |^The simulation server /);
    expect(log).toEqual([`git failed for github.com/o/r with 128: ${errors}`]);
  });
});

function context(): GitContext {
  return {
    world: parseWorldUrl('https://github.com/o/r/blob/main/worlds/w.wbt'),
    url: 'https://github.com/o/r',
    home,
    session: 'git-program-test',
    spawn: spawnProgram,
    signal: new AbortController().signal,
    onErrorLine: () => {},
    log: () => {},
  };
}

/** Puts a program named git, a shell script, first on the path. */
async function fakeGit(script: string): Promise<void> {
  await writeFile(path.join(home, 'git'), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(home, 'git'), 0o755);
  vi.stubEnv('PATH', `${home}:${process.env.PATH}`);
}
