import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialRuleFor, readCredential } from '../../../src/projects/credentials.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('credentialRuleFor', () => {
  const rules = ['https://github.com', 'https://github.com/School/', 'https://github.com/school/exam.git'].map(
    (prefix) => ({ prefix, tokenEnv: 'TOKEN' }),
  );

  it.each([
    ['https://github.com/other/repo', 'https://github.com'],
    ['https://github.com/school/repo', 'https://github.com/School/'],
    ['https://github.com/SCHOOL/Exam', 'https://github.com/school/exam.git'],
    ['https://github.com/school/exam.git', 'https://github.com/school/exam.git'],
    ['https://github.com/school-evil/exam', 'https://github.com'],
  ])('takes for %s the longest prefix, %s', (url, prefix) => {
    expect(credentialRuleFor(url, rules)?.prefix).toBe(prefix);
    expect(credentialRuleFor(url, rules.toReversed())?.prefix).toBe(prefix);
  });

  it.each([
    'https://github.com.evil.org/school/exam',
    'http://github.com/school/exam',
    'https://github.com:8443/school/exam',
    'file:///github.com/school/exam',
  ])('has none for %s, which is another scheme, host or port', (url) => {
    expect(credentialRuleFor(url, rules)).toBeUndefined();
  });
});

describe('readCredential', () => {
  const prefix = 'https://github.com/school';

  it('reads the token anew each time', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first\n');
    const first = await readCredential({ prefix, tokenFile }, {});
    await writeFile(tokenFile, 'second');
    const second = await readCredential({ prefix, tokenFile, user: 'me' }, {});

    expect(passwordOf(first.authorization)).toBe('x-access-token:first');
    expect(passwordOf(second.authorization)).toBe('me:second');
    expect(first.origin).toBe('https://github.com');
  });

  it('takes the token out of a text in every form', async () => {
    const { authorization, redact } = await readCredential({ prefix, tokenEnv: 'TOKEN' }, { TOKEN: 's3cret' });

    expect(redact(`got ${authorization}, that is s3cret`)).toBe('got Basic [redacted], that is [redacted]');
  });

  it.each([
    ['a file that is not there', { tokenFile: '/nowhere/token' }, /ENOENT.*\/nowhere\/token/],
    [
      'a variable that is not set',
      { tokenEnv: 'NONE' },
      /^Expected a token in the environment variable NONE, found none$/,
    ],
    ['an empty one', { tokenEnv: 'EMPTY' }, /found it empty$/],
    ['one of two lines', { tokenEnv: 'LINES' }, /without spaces and control characters/],
    ['one that is too long', { tokenEnv: 'LONG' }, /at most 4096 characters .* found 5000$/],
  ])('says what is wrong with %s', async (_what, rule, message) => {
    const environment = { EMPTY: ' \n', LINES: 'one\ntwo', LONG: 'x'.repeat(5_000) };

    const failure = readCredential({ prefix, ...rule }, environment);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow(/two|xxx/);
  });
});

function passwordOf(authorization: string): string {
  return Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
}
