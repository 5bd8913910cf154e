import { describe, expect, it } from 'vitest';
import { expandPath } from '../../../src/config/paths.ts';

describe('expandPath', () => {
  const environment = { HOME: '/home/ada', DISK: '/mnt/a$&b' };

  it.each([
    ['~', '/home/ada'],
    ['~/projects', '/home/ada/projects'],
    ['~bob/projects', '~bob/projects'],
    ['/a/~/b', '/a/~/b'],
    ['$DISK/projects', '/mnt/a$&b/projects'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a configuration file
    ['${DISK}2', '/mnt/a$&b2'],
    ['$NONE/projects', '$NONE/projects'],
  ])('turns %s into %s', (path, expanded) => {
    expect(expandPath(path, environment)).toBe(expanded);
  });
});
