import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import { MAX_URL_LENGTH, MAX_URL_PARTS, parseWorldUrl } from '../../../src/projects/world-url.ts';

const base = 'https://github.com/owner/repo';

describe('parseWorldUrl', () => {
  it('reads the parts of a URL', () => {
    expect(parseWorldUrl(' https://github.com/o-1/r_2.x/blob/main/a/b/worlds/w.wbt\n')).toEqual({
      url: 'https://github.com/o-1/r_2.x/blob/main/a/b/worlds/w.wbt',
      host: 'github.com',
      kind: 'github',
      owner: 'o-1',
      repository: 'r_2.x',
      repositoryUrl: 'https://github.com/o-1/r_2.x',
      readings: [
        { ref: 'main', folder: 'a/b', world: 'w.wbt' },
        { ref: 'main/a/b', folder: '', world: 'w.wbt' },
        { ref: 'main/a', folder: 'b', world: 'w.wbt' },
      ],
    });
  });

  it.each([
    ['blob/main/worlds/w.wbt', [{ ref: 'main', folder: '', world: 'w.wbt' }]],
    ['tree/v1.0/worlds/w.wbt', [{ ref: 'v1.0', folder: '', world: 'w.wbt' }]],
    ['raw/main/worlds/my%20w%C3%A4rld.wbt', [{ ref: 'main', folder: '', world: 'my wärld.wbt' }]],
    ['raw/main/worlds/my wärld.wbt', [{ ref: 'main', folder: '', world: 'my wärld.wbt' }]],
    ['raw/refs/heads/main/worlds/w.wbt', [{ ref: 'main', folder: '', world: 'w.wbt' }]],
    ['raw/refs/tags/v1/worlds/w.wbt', [{ ref: 'v1', folder: '', world: 'w.wbt' }]],
    ['blob/main/no ref/worlds/w.wbt', [{ ref: 'main', folder: 'no ref', world: 'w.wbt' }]],
    [
      'blob/a/b/no ref/worlds/w.wbt',
      [
        { ref: 'a', folder: 'b/no ref', world: 'w.wbt' },
        { ref: 'a/b', folder: 'no ref', world: 'w.wbt' },
      ],
    ],
    [
      'blob/main/worlds/worlds/w.wbt',
      [
        { ref: 'main', folder: 'worlds', world: 'w.wbt' },
        { ref: 'main/worlds', folder: '', world: 'w.wbt' },
      ],
    ],
  ])('reads %s', (path, readings) => {
    expect(parseWorldUrl(`${base}/${path}`).readings).toEqual(readings);
  });

  it('takes the scheme and the host in any case', () => {
    expect(parseWorldUrl('HTTPS://GitHub.com/Owner/Repo/blob/main/worlds/w.wbt').repositoryUrl).toBe(
      'https://github.com/Owner/Repo',
    );
  });

  it.each([
    ['', 'urlMissing', 'Missing URL.'],
    [' \t', 'urlMissing', 'Missing URL.'],
    ['undefined', 'urlUnsupported', 'Unsupported URL protocol: undefined'],
    [
      'http://github.com/o/r/blob/m/worlds/w.wbt',
      'urlUnsupported',
      'Unsupported URL protocol: http://github.com/o/r/blob/m/worlds/w.wbt',
    ],
    ['https://github.com.evil.org/o/r', 'urlUnsupported', 'Unsupported URL protocol: https://github.com.evil.org/o/r'],
    ['https://user@github.com/o/r', 'urlUnsupported', 'Unsupported URL protocol: https://user@github.com/o/r'],
    ['https://github.com:443/o/r', 'urlUnsupported', 'Unsupported URL protocol: https://github.com:443/o/r'],
    ['https://github.com', 'urlUnsupported', 'Unsupported URL protocol: https://github.com'],
    ['https://github.com/', 'urlMalformed', 'Wrong Webots simulation URL'],
    [`${base}/blob/main/w.wbt`, 'urlMalformed', 'Wrong Webots simulation URL'],
    [`${base}/edit/main/worlds/w.wbt`, 'urlMalformed', 'Missing blob in Webots simulation URL, founds edit'],
    [`${base}/blob/main/other/w.wbt`, 'urlMalformed', 'Missing worlds folder in Webots simulation URL'],
    [`${base}/blob/main/worlds/w.txt`, 'urlMalformed', 'Missing world file in Webots simulation URL'],
    [`${base}/blob/main/worlds/.wbt`, 'urlMalformed', 'Missing world file in Webots simulation URL'],
    [`${base}/blob/main/worlds/w.wbt?raw=true`, 'urlMalformed', 'Missing world file in Webots simulation URL'],
  ])('answers %j as webots-server does', (url, code, message) => {
    expect(refusal(url)).toEqual({ code, message });
  });

  const folders = ['..', '.', '.git', '.GIT', '', '%2e%2e'];
  const names = ['-x', 'a%2Fb', 'a%5Cb', 'a%00b', 'a%0Ab', 'a%', 'a%ff', 'a%2525', 'a\u200bb'];
  const metacharacters = [...'`$;&|<>(){}[]\'"\\!*?#~^:'].map((character) => `a${character}b`);

  it.each([...folders, ...names, ...metacharacters])('refuses the name %j wherever it stands', (name) => {
    const urls = [
      `https://github.com/${name}/repo/blob/main/worlds/w.wbt`,
      `https://github.com/owner/${name}/blob/main/worlds/w.wbt`,
      `${base}/blob/${name}/worlds/w.wbt`,
      `${base}/blob/main/${name}/worlds/w.wbt`,
      `${base}/blob/main/worlds/${name}/w.wbt`,
      `${base}/blob/main/${name}/x/worlds/w.wbt`,
      ...(folders.includes(name) ? [] : [`${base}/blob/main/worlds/${name}.wbt`]),
    ];

    expect(urls.map((url) => refusal(url)?.code)).toEqual(urls.map(() => 'urlMalformed'));
  });

  it.each(['.lock', 'a..b', 'a.lock', '@', 'a.', 'a b'])('refuses %j as a ref, as git does', (ref) => {
    expect(refusal(`${base}/blob/${ref}/worlds/w.wbt`)).toMatchObject({ code: 'urlMalformed' });
  });

  it.each(['repo.git', 'a b', 'ä', 'x'.repeat(101)])('refuses %j as a repository', (repository) => {
    expect(refusal(`https://github.com/owner/${repository}/blob/main/worlds/w.wbt`)).toMatchObject({
      code: 'urlMalformed',
    });
  });

  it('bounds the length of the URL, of its parts and their number', () => {
    const fitting = `${base}/blob/main${'/x'.repeat(MAX_URL_PARTS - 6)}/worlds/w.wbt`;
    expect(parseWorldUrl(fitting).readings).toHaveLength(MAX_URL_PARTS - 5);

    expect(refusal(`${base}/blob/main${'/x'.repeat(MAX_URL_PARTS - 5)}/worlds/w.wbt`)).toEqual({
      code: 'urlMalformed',
      message: `Expected a URL of at most ${MAX_URL_PARTS} parts, got ${MAX_URL_PARTS + 1}`,
    });
    expect(refusal(`${base}/blob/main/${'x'.repeat(256)}/worlds/w.wbt`)).toMatchObject({ code: 'urlMalformed' });
    expect(refusal(`x${'y'.repeat(MAX_URL_LENGTH)}`)).toEqual({
      code: 'urlMalformed',
      message: `Expected a URL of at most ${MAX_URL_LENGTH} characters, got ${MAX_URL_LENGTH + 1}`,
    });
  });

  it('throws nothing but refusals, in one line, for any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'https://github.com',
        'blob',
        'raw',
        'main',
        'worlds',
        'w.wbt',
        '..',
        '%2e',
        '%',
        '-',
        'o',
        'refs',
        'heads',
      ),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('/')),
      fc.array(piece).map((pieces) => `https://github.com/o/r/blob/${pieces.join('/')}/worlds/w.wbt`),
    );
    fc.assert(
      fc.property(text, (input) => {
        const outcome = refusal(input);
        if (outcome) expect(outcome.message).not.toMatch(/[\n\r\0]/);
      }),
    );
  });

  it('gives names that are plain arguments and path segments, for any text that it takes', () => {
    const segment = fc.string({ unit: fc.constantFrom(...'aé0 ._-@+=,%/\\$;2eEfF') });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), segment, (path, name) => {
        const url = `${base}/blob/${path.join('/')}/worlds/${name}.wbt`;
        if (refusal(url)) return;
        for (const { ref, folder, world } of parseWorldUrl(url).readings) {
          for (const text of [ref, world, ...(folder === '' ? [] : folder.split('/'))]) {
            expect(text).toMatch(/^(?!-)(?!\.{1,2}$)[^\\$;%\0]+$/);
          }
          expect(ref).not.toMatch(/\/\/|^\/|\/$|\.\.| /);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function refusal(url: string): { code: string; message: string } | undefined {
  try {
    parseWorldUrl(url);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    const { code, message } = error as AppError;
    return { code, message };
  }
}
