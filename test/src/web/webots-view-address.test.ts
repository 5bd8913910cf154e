import { describe, expect, it } from 'vitest';
import {
  isWebotsViewReport,
  releaseOfScene,
  releaseOfWorld,
  webotsViewAddress,
} from '../../../src/web/webots-view-address.ts';

describe('the release of a scene', () => {
  it.each([
    ["<W3D><head><meta name='version' content='R2025a'/></head><Scene/></W3D>", 'R2025a'],
    ['<X3D><head><meta name="version" content="R2023b revision 1" /></head><Scene/></X3D>', 'R2023b'],
    ["<X3D><head><meta content='R2022b' name='version'/></head><Scene/></X3D>", 'R2022b'],
    ["<X3D><head><meta name='version' content='R2021a'/></head><Scene/></X3D>", undefined],
    ["<X3D><head><meta name='version' content='../evil'/></head><Scene/></X3D>", undefined],
    ["<W3D><head/><Scene><WorldInfo info='R2025a'/></Scene></W3D>", undefined],
  ])('of %s is %s', (xml, release) => {
    expect(releaseOfScene(xml)).toBe(release);
  });
});

describe('the release of a world', () => {
  it.each([
    ['#VRML_SIM R2025a utf8\nWorldInfo {}', 'R2025a'],
    ['#VRML_SIM V8.5 utf8\n', undefined],
    ['\n#VRML_SIM R2025a utf8\n', undefined],
    ['', undefined],
  ])('of %j is %s', (text, release) => {
    expect(releaseOfWorld(text)).toBe(release);
  });
});

it('puts release and stream into the address of the page, whatever they hold', () => {
  expect(webotsViewAddress('R2025a', 'wss://h.example/2001?a&b')).toBe(
    'pages/web/webots-view.html?release=R2025a&stream=wss%3A%2F%2Fh.example%2F2001%3Fa%26b',
  );
});

it('takes for a report only what is one', () => {
  const reports = [{ kind: 'shown' }, { kind: 'failed', text: 'no' }, { kind: 'failed' }, { kind: 'x' }, null, 'shown'];

  expect(reports.map(isWebotsViewReport)).toEqual([true, true, false, false, false, false]);
});
