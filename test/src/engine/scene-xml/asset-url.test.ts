import { describe, expect, it } from 'vitest';
import { assetUrl } from '../../../../src/engine/scene-xml/asset-url.ts';

describe('assetUrl', () => {
  it.each([
    ['textures/a.jpg', 'worlds', 'worlds/textures/a.jpg'],
    ['../protos/./a.jpg', 'worlds', 'protos/a.jpg'],
    ['textures\\a.jpg', 'worlds', 'worlds/textures/a.jpg'],
    ['a.jpg', '', 'a.jpg'],
    ['https://example.org/a.jpg', 'worlds', 'https://example.org/a.jpg'],
    ['webots://projects/a.jpg', 'worlds', 'webots://projects/a.jpg'],
    ['../../a.jpg', 'worlds', undefined],
    ['/etc/passwd', 'worlds', undefined],
    ['file:///etc/passwd', 'worlds', undefined],
    ['a".jpg', 'worlds', undefined],
    ['', 'worlds', undefined],
  ])('gives %s of the folder %s as %s', (url, folder, expected) => {
    expect(assetUrl(url, folder)).toBe(expected);
  });
});
