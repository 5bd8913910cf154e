import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../src/errors.ts';
import { checkRepository, type RepositoryPolicy } from '../../../src/projects/repository-policy.ts';

const url = 'https://github.com/cyberbotics/webots/blob/main/projects/worlds/w.wbt';
const shared: RepositoryPolicy = { blockedRepositories: [], shareIdleTime: 50, docker: true };

describe('checkRepository', () => {
  it.each([
    ['https://github.com/', url],
    ['https://github.com/cyberbotics', url],
    ['https://github.com/cyberbotics/', url],
    ['https://GitHub.com/CyberBotics/WEBOTS', url],
    ['github.com/cyberbotics/webots', url],
    ['https://github.com/cyberbotics/webots.git', url],
    ['https://github.com/cyberbotics/webots/blob/main', url],
    ['https://github.com/cyberbotics/webots/tree/main/projects/', url],
    ['https://github.com/cyberbotics/webots/raw/refs/heads/main/projects', url],
    [url, url],
    ['https://github.com/o/r/blob/main/my%20folder', 'https://github.com/o/r/raw/main/my folder/worlds/w.wbt'],
  ])('lets %s allow %s at any load', (prefix, world) => {
    expect(refusal(world, { ...shared, allowedRepositories: ['https://github.com/x', prefix] }, 100)).toBeUndefined();
  });

  it.each([
    'https://github.com/cyber',
    'https://github.com/cyberbotics/web',
    'https://github.com/cyberbotics/webots/blob/ma',
    'https://github.com/cyberbotics/webots/blob/MAIN',
    'https://github.com/cyberbotics/webots/blob/main/proj',
    'https://github.com/cyberbotics/webots/blob/main/projects/worlds/w.wbt/x',
    'https://gitlab.com/cyberbotics/webots',
    'https://',
    '',
  ])('does not let %j allow anything that only begins alike', (prefix) => {
    expect(refusal(url, { ...shared, allowedRepositories: [prefix] }, 51)).toMatch(/^Cannot share idle time/);
  });

  const hosts = { 'gitlab.com': 'gitlab', 'codeberg.org': 'gitea' } as const;
  const lab = 'https://gitlab.com/School/Robots/exam/-/blob/main/a/worlds/w.wbt';
  const berg = 'https://codeberg.org/School/exam/src/branch/main/a/worlds/w.wbt';

  it.each([
    ['https://gitlab.com', lab],
    ['https://gitlab.com/school', lab],
    ['https://gitlab.com/school/robots/EXAM.git', lab],
    ['https://gitlab.com/School/Robots/exam/-/tree/main/a', lab],
    ['https://codeberg.org/school/exam', berg],
    ['https://codeberg.org/school/exam/raw/branch/main/a', berg],
  ])('lets %s allow %s of another host', (prefix, world) => {
    expect(refusal(world, { ...shared, hosts, allowedRepositories: [prefix] }, 100)).toBeUndefined();
  });

  it.each([
    ['https://gitlab.com/school/rob', lab],
    ['https://gitlab.com/school/robots/exam/-/blob/MAIN', lab],
    ['https://gitlab.com/school/exam', lab],
    ['https://github.com/school', lab],
    ['https://codeberg.org/school/exam/src/branch/mai', berg],
    ['https://codeberg.org/school/exam/src/branch/main/A', berg],
  ])('does not let %s allow %s', (prefix, world) => {
    expect(refusal(world, { ...shared, hosts, allowedRepositories: [prefix] }, 51)).toMatch(/^Cannot share idle time/);
  });

  it('does not let an owner allow another one whose name begins alike', () => {
    const evil = 'https://github.com/cyberbotics-evil/webots/blob/main/worlds/w.wbt';

    expect(
      refusal(evil, { ...shared, docker: false, allowedRepositories: ['https://github.com/cyberbotics'] }, 0),
    ).toBe('Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".');
  });

  it('refuses what is not allowed, first for want of containers, then of idle time, then of load, then as blocked', () => {
    const all: RepositoryPolicy = {
      blockedRepositories: ['https://github.com/Cyberbotics'],
      shareIdleTime: 0,
      docker: false,
    };

    expect([
      refusal(url, all, 60.5),
      refusal(url, { ...all, docker: true }, 60.5),
      refusal(url, { ...all, docker: true, shareIdleTime: 50 }, 60.5),
      refusal(url, { ...all, docker: true, shareIdleTime: 50 }, 50),
      refusal(url, { ...shared }, 50),
    ]).toEqual([
      'Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".',
      'This simulation server is not configured to share idle time.',
      'Cannot share idle time when current load is above threshold: 60.5.',
      `Cannot run simulation from blocked repository: ${url}`,
      undefined,
    ]);
  });

  it.each([
    'https://github.com/cyberbotics/webots',
    'https://github.com/cyberbotics/webots/blob/main/w.wbt',
    'https://github.com/cyberbotics//webots/%zz/../worlds/w.wbt',
  ])('allows and blocks %s, which names no world, by the same lists', (malformed) => {
    const allowed = { ...shared, docker: false, allowedRepositories: ['https://github.com/cyberbotics'] };
    const blocked = { ...shared, blockedRepositories: ['https://github.com/Cyberbotics/webots'] };

    expect([
      refusal(malformed, allowed, 100),
      refusal(malformed, blocked, 0),
      refusal(malformed, { ...shared, docker: false }, 0),
    ]).toEqual([
      undefined,
      `Cannot run simulation from blocked repository: ${malformed}`,
      expect.stringMatching(/^Docker not enabled/),
    ]);
  });

  it.each(['https://github.com/', 'https://github.com/cyberbotics', 'https://github.com//cyberbotics/'])(
    'says what %s, which names no repository, was expected to be, unless it is allowed',
    (nobodys) => {
      expect(refusal(nobodys, { ...shared, docker: false }, 0, 'urlMalformed')).toBe(
        `Expected the address of a world, such as https://github.com/OWNER/REPOSITORY/blob/BRANCH/worlds/NAME.wbt, got ${nobodys}`,
      );
      expect(refusal(nobodys, { ...shared, allowedRepositories: ['https://github.com'] }, 0)).toBeUndefined();
    },
  );

  it('allows a repository that is blocked, too', () => {
    const both = { ...shared, allowedRepositories: [url], blockedRepositories: ['https://github.com'] };

    expect(refusal(url, both, 0)).toBeUndefined();
  });

  it('blocks a folder by whichever kind of URL it is asked for', () => {
    const policy = { ...shared, blockedRepositories: ['https://github.com/cyberbotics/webots/blob/main/projects'] };

    expect(['tree', 'raw', 'raw/refs/heads'].map((kind) => refusal(url.replace('blob', kind), policy, 0))).toEqual([
      expect.stringMatching(/^Cannot run/),
      expect.stringMatching(/^Cannot run/),
      expect.stringMatching(/^Cannot run/),
    ]);
  });
});

function refusal(
  world: string,
  policy: RepositoryPolicy,
  load: number,
  code = 'repositoryRefused',
): string | undefined {
  try {
    checkRepository(world, policy, load);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ name: 'AppError', code });
    return (error as AppError).message;
  }
}
