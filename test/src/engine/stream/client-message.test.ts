import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClientMessage } from '../../../../src/engine/stream/client-message.ts';

describe('readClientMessage', () => {
  it.each([
    ['w3d', { kind: 'watch', request: 'w3d', isBroadcast: false }],
    ['x3d', { kind: 'watch', request: 'x3d', isBroadcast: false }],
    ['x3d;broadcast', { kind: 'watch', request: 'x3d', isBroadcast: true }],
    ['w3d;future;broadcast', { kind: 'watch', request: 'w3d', isBroadcast: true }],
    ['pause', { kind: 'pause' }],
    ['step', { kind: 'step' }],
    ['reset', { kind: 'reset' }],
    ['reload', { kind: 'reload' }],
    ['real-time:300000', { kind: 'run', mode: 'real-time', duration: 300_000 }],
    ['real-time:-1', { kind: 'run', mode: 'real-time', duration: undefined }],
    ['fast:0', { kind: 'run', mode: 'fast', duration: 0 }],
    ['timeout:12.5', { kind: 'limit', duration: 12.5 }],
    ['timeout:-1', { kind: 'limit', duration: undefined }],
    ['load:worlds/a.wbt', { kind: 'load', world: 'a.wbt' }],
    ['load:../../b:c.wbt', { kind: 'load', world: 'b:c.wbt' }],
    ['robot:{"name":"r","message":"m"}', { kind: 'robot' }],
    ['robot:r:init robot window', { kind: 'robot' }],
    ['mjpeg: 800x600', { kind: 'video' }],
  ])('reads %j', (text, message) => {
    expect(readClientMessage(text)).toEqual(message);
  });

  it.each([
    '',
    'pause ',
    'real-time',
    'real-time:',
    'fast:soon',
    'timeout:NaN',
    'mouse 1',
    'follow: 1,2',
    'toString:1',
  ])('does not know %j', (text) => {
    expect(readClientMessage(text)).toEqual({ kind: 'unsupported' });
  });

  it('reads any text without an error, and never a duration below zero', () => {
    const known = fc.constantFrom('real-time:', 'fast:', 'timeout:', 'load:', 'robot:', 'w3d', 'x3d', 'mjpeg:');
    fc.assert(
      fc.property(fc.tuple(fc.option(known, { nil: '' }), fc.string()), ([beginning, text]) => {
        const message = readClientMessage(beginning + text);
        if (message.kind === 'run' || message.kind === 'limit') expect(message.duration ?? 0).toBeGreaterThanOrEqual(0);
        if (message.kind === 'load') expect(message.world).not.toContain('/');
      }),
    );
  });
});
