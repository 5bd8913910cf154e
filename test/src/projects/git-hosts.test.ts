import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import type { GitHosts } from '../../../src/projects/git-hosts.ts';
import { prefixSegments, urlSegments, worldSegments } from '../../../src/projects/repository-prefix.ts';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';

const hosts: GitHosts = {
  'gitlab.com': 'gitlab',
  'codeberg.org': 'gitea',
  'git.example.org:3000': 'gitea',
  ghe: 'github',
};
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('parseWorldUrl, of other hosts', () => {
  it('reads a world of GitLab in groups, with what GitLab adds to addresses', () => {
    expect(parseWorldUrl('https://GitLab.com/g.1/sub/p/-/blob/main/a/worlds/w.wbt?ref_type=heads', hosts)).toEqual({
      url: 'https://GitLab.com/g.1/sub/p/-/blob/main/a/worlds/w.wbt?ref_type=heads',
      host: 'gitlab.com',
      kind: 'gitlab',
      owner: 'g.1/sub',
      repository: 'p',
      repositoryUrl: 'https://gitlab.com/g.1/sub/p.git',
      readings: [
        { ref: 'main', folder: 'a', world: 'w.wbt' },
        { ref: 'main/a', folder: '', world: 'w.wbt' },
      ],
    });
  });

  it.each([
    ['https://codeberg.org/o/r/src/branch/feature/arm/worlds/w.wbt', ['feature', 'feature/arm']],
    ['https://codeberg.org/o/r/raw/tag/v1/worlds/w.wbt', ['v1']],
    [`https://git.example.org:3000/o/r/src/commit/${COMMIT}/a/b/worlds/w.wbt`, [COMMIT]],
    ['https://ghe/o/r/blob/main/worlds/w.wbt', ['main']],
    ['https://gitlab.com/g/p/-/raw/main/worlds/w.wbt', ['main']],
  ])('finds the refs that %s may mean', (url, refs) => {
    expect(parseWorldUrl(url, hosts).readings.map(({ ref }) => ref)).toEqual(refs);
  });

  it.each([
    ['https://gitlab.com/g/p/blob/main/worlds/w.wbt', 'Missing -/blob in Webots simulation URL, founds '],
    ['https://gitlab.com/g/p/-/edit/main/worlds/w.wbt', 'Missing -/blob in Webots simulation URL, founds edit'],
    ['https://gitlab.com/p/-/blob/main/worlds/w.wbt', 'Wrong Webots simulation URL'],
    ['https://gitlab.com/g/p/-/blob/worlds/w.wbt', 'Wrong Webots simulation URL'],
    ['https://gitlab.com/g/p/-/blob/main/w/w.wbt', 'Missing worlds folder in Webots simulation URL'],
    [
      'https://gitlab.com/g/../p/-/blob/main/worlds/w.wbt',
      'Expected the owner in the URL to be a plain name, got ".."',
    ],
    ['https://gitlab.com/g/p/-/blob/main/worlds/w.wbt?x=1', 'Missing world file in Webots simulation URL'],
    [
      'https://codeberg.org/o/r/blob/main/worlds/w.wbt',
      'Missing src/branch, src/tag or src/commit in Webots simulation URL, founds blob/main',
    ],
    [
      'https://codeberg.org/o/r/src/commit/0123456/worlds/w.wbt',
      'Expected the 40 digits of the commit in the URL, got "0123456"',
    ],
  ])('says what is wrong with %s', (url, message) => {
    expect(refusal(url)).toEqual({ code: 'urlMalformed', message });
  });

  it.each([
    'https://bitbucket.org/o/r/src/branch/main/worlds/w.wbt',
    'https://gitlab.com:8443/g/p/-/blob/main/worlds/w.wbt',
    'https://git.example.org/o/r/src/branch/main/worlds/w.wbt',
    'https://gitlab.com@evil.org/g/p/-/blob/main/worlds/w.wbt',
    'https://constructor/g/p/-/blob/main/worlds/w.wbt',
    'http://gitlab.com/g/p/-/blob/main/worlds/w.wbt',
  ])('refuses %s, whose host is not served', (url) => {
    expect(refusal(url)).toEqual({ code: 'urlUnsupported', message: `Unsupported URL protocol: ${url}` });
  });

  const name = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,8}$/);
  const folder = fc.array(name, { maxLength: 3 });
  const host = fc.constantFrom(
    { base: 'https://github.com', form: 'blob', kind: 'github', depth: 1 },
    { base: 'https://gitlab.com', form: '-/blob', kind: 'gitlab', depth: 3 },
    { base: 'https://git.example.org:3000', form: 'src/branch', kind: 'gitea', depth: 1 },
  );

  it('finds the parts that a URL was made of, whatever they are, and its own prefixes allow it', () => {
    fc.assert(
      fc.property(
        host,
        fc.array(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/), { minLength: 3, maxLength: 3 }),
        name,
        name,
        folder,
        (at, groups, repository, ref, path) => {
          const owner = groups.slice(0, at.depth).join('/');
          const url = [at.base, owner, repository, at.form, ref, ...path, 'worlds', 'w.wbt'].join('/');
          const world = parseWorldUrl(url, hosts);

          expect([world.owner, world.repository, world.kind]).toEqual([owner, repository, at.kind]);
          expect(world.readings[0]).toEqual({ ref, folder: path.join('/'), world: 'w.wbt' });
          expect(prefixSegments(url, world.kind)).toEqual(worldSegments(world));
          const whole = worldSegments(world);
          for (let end = url.lastIndexOf('/'); end > at.base.length; end = url.lastIndexOf('/', end - 1)) {
            const prefix = prefixSegments(url.slice(0, end), world.kind);
            // Half of what stands between the names and the ref is the beginning of nothing.
            if (at.form.startsWith(url.slice(url.lastIndexOf('/', end - 1) + 1, end)) && at.form.includes('/'))
              continue;
            expect(whole.slice(0, prefix.length)).toEqual(prefix);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('throws nothing but refusals for any text, and segments can be had of what names no world', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('-', 'blob', 'src', 'raw', 'branch', 'commit', 'g', 'worlds', 'w.wbt', '..', '%2e', '%', ''),
    );
    const start = fc.constantFrom('https://gitlab.com/', 'https://codeberg.org/', 'https://ghe/');
    fc.assert(
      fc.property(start, fc.array(piece), (base, pieces) => {
        const url = base + pieces.join('/');
        const outcome = refusal(url);
        if (outcome) expect(outcome.message).not.toMatch(/[\n\r\0]/);
        if (outcome?.code !== 'urlUnsupported') expect(urlSegments(url.trim(), hosts)[0]).toBe(new URL(base).host);
      }),
      { numRuns: 500 },
    );
  });
});

function refusal(url: string): { code: string; message: string } | undefined {
  try {
    parseWorldUrl(url, hosts);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    const { code, message } = error as AppError;
    return { code, message };
  }
}
