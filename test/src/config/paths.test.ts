import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expandPath, packageRoot } from '../../../src/config/paths.ts';

describe('packageRoot', () => {
  it('holds the configuration files', () => {
    expect(existsSync(join(packageRoot(), 'config', 'session', 'local.json'))).toBe(true);
  });
});

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
