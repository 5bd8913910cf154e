import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectPath } from '../../../../src/engine/http/project-path.ts';

describe('projectPath', () => {
  it.each([
    ['/worlds/textures/a.jpg', ['worlds', 'textures', 'a.jpg']],
    ['/a%20b%2Fc.png?x=1#y', ['a b', 'c.png']],
    ['/worlds/.marbles.jpg', ['worlds', '.marbles.jpg']],
  ])('reads %s', (target, names) => {
    expect(projectPath(target)).toEqual(names);
  });

  it.each([
    '/',
    '//etc/passwd',
    '/a//b',
    'a.png',
    '/../a.png',
    '/%2e%2e/a.png',
    '/a/%2E%2E%2fb.png',
    '/..%5ca.png',
    '/a%00.png',
    '/%zz.png',
    '/.git/config',
    '/.GIT/config',
    '/a/.env',
    '/.marbles.jpg/x',
    `/${'a'.repeat(5_000)}`,
    'http://example.org/a.png',
  ])('refuses %s', (target) => {
    expect(projectPath(target)).toBeUndefined();
  });

  it('never leads outside or into something hidden, whatever is asked for', () => {
    const piece = fc.oneof(
      fc.constantFrom('..', '.', '/', '%2e', '%2f', '%5c', '.git', 'a', '?', '#', '%25'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const names = projectPath(`/${pieces.join('')}`);
        if (names === undefined) return;
        const path = posix.normalize(posix.join('/root', ...names));
        expect(path.startsWith('/root/')).toBe(true);
        expect(names.slice(0, -1).some((name) => name.startsWith('.'))).toBe(false);
      }),
    );
  });
});
