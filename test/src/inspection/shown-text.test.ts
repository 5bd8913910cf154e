import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MOST_TEXT, shownText } from '../../../src/inspection/shown-text.ts';

describe('shownText', () => {
  it.each([
    [{ port: 2001, isOn: true, none: null }, '{"port":2001,"isOn":true,"none":null}'],
    [{ adminToken: 'hush', password: 'x' }, '{"adminToken":"[redacted]","password":"[redacted]"}'],
    [{ url: 'https://me:pass@host/a?key=1#b' }, '{"url":"https://[redacted]@host/a?[redacted]"}'],
    [
      { from: '192.0.2.7', or: 'from ::ffff:192.0.2.7, [2001:db8::1] and 2001:db8::1' },
      '{"from":"[address]","or":"from [address], [address] and [address]"}',
    ],
    [{ version: '1.2.3', time: '12:30:05', ratio: 1.5 }, '{"version":"1.2.3","time":"12:30:05","ratio":1.5}'],
    [{ name: 'Zürich\u2028' }, '{"name":"Z\\u00fcrich\\u2028"}'],
    [{ error: new RangeError('too much') }, '{"error":{"error":"RangeError","message":"too much"}}'],
    [
      { socket: new Socket(), act: () => {}, big: 1n, not: Number.NaN },
      '{"socket":"[Socket]","act":"[function]","big":"[bigint]","not":"NaN"}',
    ],
    [{ bytes: Buffer.from('abc'), map: new Map([['a', 1]]) }, '{"bytes":"[3 bytes]","map":{"a":1}}'],
    [{ a: { b: { c: { d: { e: 1 } } } } }, '{"a":{"b":{"c":{"d":"[...]"}}}}'],
    [Array.from({ length: 25 }, (_, index) => index), '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,"..."]'],
    [new Map([['token', 'hush']]), '{"token":"[redacted]"}'],
    [
      { at: '192.0.2.7:54321, ws://192.0.2.7:2001/x, 192.0.2.7. ::ffff:192.0.2.7:5000' },
      '{"at":"[address], ws://[address]/x, [address]. [address]"}',
    ],
    [{ at: '[2001:db8::1]:443 client:192.0.2.7 ::1 1.2.3' }, '{"at":"[address] client:[address] [address] 1.2.3"}'],
    [{ url: `https://user:${'hush'.repeat(200)}@host/` }, '{"url":"https://[redacted]@host/"}'],
    [{ url: `https://user:${'hush'.repeat(2_000)}@host/` }, '{"url":"..."}'],
    [undefined, 'null'],
  ])('of %o is %s', (value, text) => {
    expect(shownText(value)).toBe(text);
  });

  it('asks no value for a form of its own, and survives those that cannot be read', () => {
    const hostile = {
      toJSON: () => {
        throw new Error('asked');
      },
      get trap() {
        throw new Error('read');
      },
    };

    expect(shownText({ hostile })).toBe('{"hostile":{"toJSON":"[function]","trap":"[unreadable]"}}');
  });

  it.each(['://', '1.', ':', 'a:', '[', '? ', '@', '"'])('takes no longer than its length allows for %j', (part) => {
    expect(shownText({ text: part.repeat(1e6) }).length).toBeLessThan(MOST_TEXT);
  });

  it('is bounded, whatever it is of', () => {
    const loop: Record<string, unknown> = {};
    for (let index = 0; index < 1_000; index++) loop[`key ${index}`] = index % 2 ? loop : 'x'.repeat(10_000);

    expect(shownText(loop).length).toBeLessThanOrEqual(MOST_TEXT + 3);
  });
});
