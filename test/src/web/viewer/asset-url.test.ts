import { describe, expect, it } from 'vitest';
import { assetUrl } from '../../../../src/web/viewer/asset-url.ts';

const place = { base: 'https://host/1234/', world: 'worlds/arm/a.wbt' };

describe('assetUrl', () => {
  it.each([
    ['textures/a.png', 'picture', 'https://host/1234/textures/a.png'],
    ['a.obj', 'mesh', 'https://host/1234/worlds/arm/a.obj'],
    ['../a.obj', 'mesh', 'https://host/1234/worlds/a.obj'],
    ['..\\a.obj', 'mesh', 'https://host/1234/worlds/a.obj'],
    ['webots://projects/a.png', 'picture', 'https://host/1234/~WEBOTS_HOME/projects/a.png'],
    ['webots://projects/a.obj', 'mesh', 'https://host/1234/~WEBOTS_HOME/projects/a.obj'],
    ['https://host/other.png', 'picture', 'https://host/other.png'],
    ['a b#1?.png', 'picture', 'https://host/1234/a%20b%231%3F.png'],
  ] as const)('finds %s as a %s at the engine', (url, kind, href) => {
    expect(assetUrl(url, kind, place)).toEqual({ href, isForeign: false });
  });

  it('tells what would come from elsewhere', () => {
    expect(assetUrl('https://else/a.png', 'picture', place)).toEqual({ href: 'https://else/a.png', isForeign: true });
    expect(assetUrl('http://host/a.png', 'picture', place)?.isForeign).toBe(true);
  });

  it.each([
    '/etc/passwd',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '../../../../a.png',
    'data:image/png,x',
    '//else/a',
  ])('finds nothing for %s', (url) => {
    expect(assetUrl(url, 'picture', place)).toBeUndefined();
  });
});
