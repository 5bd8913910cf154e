import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStreamMessage } from '../../../src/client/index.ts';

describe('readStreamMessage', () => {
  it.each([
    ['loading:Parsing nodes:100', { kind: 'loading', status: 'Parsing nodes', percent: 100 }],
    [
      'world:worlds/a.wbt:worlds/a.wbt;b.wbt',
      { kind: 'world', current: 'worlds/a.wbt', worlds: ['worlds/a.wbt', 'b.wbt'] },
    ],
    ['world:worlds/a.wbt:', { kind: 'world', current: 'worlds/a.wbt', worlds: [] }],
    ['model:<W3D a="b:c"/>', { kind: 'scene', xml: '<W3D a="b:c"/>' }],
    ['model:', { kind: 'scene', xml: '' }],
    ['scene load completed', { kind: 'sceneCompleted' }],
    ['paused by client', { kind: 'pausedByClient' }],
    ['pause: 320.5', { kind: 'paused', time: 320.5 }],
    ['real-time', { kind: 'running', state: 'real-time' }],
    ['fast', { kind: 'running', state: 'fast' }],
    ['run', { kind: 'running', state: 'fast' }],
    ['reset finished', { kind: 'resetFinished' }],
    ['delete world', { kind: 'worldDeleted' }],
    [
      'node:0:<nodes><Solid id="n12"/></nodes>',
      { kind: 'nodeAdded', parent: null, xml: '<nodes><Solid id="n12"/></nodes>' },
    ],
    ['node:9:<nodes/>', { kind: 'nodeAdded', parent: 'n9', xml: '<nodes/>' }],
    ['delete:12', { kind: 'nodeDeleted', id: 'n12' }],
    ['visibility:12:1', { kind: 'visibility', id: 'n12', visible: true }],
    ['stdout:[rob] a:b\nc', { kind: 'console', stream: 'stdout', text: '[rob] a:b\nc' }],
    ['stderr:', { kind: 'console', stream: 'stderr', text: '' }],
    ['robot window: {"robot":"r","window":"w"}', { kind: 'robotWindow', robot: 'r', window: 'w', main: false }],
    [
      'robot window: {"robot":"r","window":"w","main":true}',
      { kind: 'robotWindow', robot: 'r', window: 'w', main: true },
    ],
    ['robot window: {"robot":"r","window":"w","remove":true}', { kind: 'robotWindowRemoved', robot: 'r' }],
    ['robot: {"message":"m","name":"r"}', { kind: 'robotMessage', robot: 'r', message: 'm' }],
    ['multimedia: mjpeg pause ', { kind: 'multimedia', state: 'pause' }],
    ['multimedia: mjpeg fast 800 600', { kind: 'multimedia', state: 'fast', width: 800, height: 600 }],
    ['resize: 800 600', { kind: 'resized', width: 800, height: 600 }],
    ['world info: {"title":"t","window":"w"}', { kind: 'worldInfo', title: 't', window: 'w' }],
    ['time: 64', { kind: 'frame', frame: { time: 64, updates: [], labels: [] } }],
    ['hello', { kind: 'unknown', text: 'hello' }],
    ['constructor:x', { kind: 'unknown', text: 'constructor:x' }],
    ['__proto__', { kind: 'unknown', text: '__proto__' }],
    ['world:a', { kind: 'malformed', expected: 'world', text: 'world:a' }],
    ['pause: soon', { kind: 'malformed', expected: 'pause', text: 'pause: soon' }],
    ['robot: null', { kind: 'malformed', expected: 'robot', text: 'robot: null' }],
    ['application/json:[]', { kind: 'malformed', expected: 'application/json', text: 'application/json:[]' }],
    ['application/json:{', { kind: 'malformed', expected: 'application/json', text: 'application/json:{' }],
  ])('reads %j', (message, expected) => {
    expect(readStreamMessage(message)).toEqual(expected);
  });

  it('reads frames with updates and labels', () => {
    const label = { id: 0, font: 'Arial', rgba: '255,0,0,1', size: 0.1, x: 0.1, y: 0.2, text: 'hi' };
    const frame = { time: 32, updates: [{ id: 9, translation: '0 0 1', on: true }], labels: [label] };

    expect(readStreamMessage(`application/json:${JSON.stringify(frame)}`)).toEqual({
      kind: 'frame',
      frame: { time: 32, updates: [{ id: 'n9', fields: { translation: '0 0 1', on: 'true' } }], labels: [label] },
    });
  });

  it('reads the spellings of older engines, and leaves out what has no node', () => {
    const frame = { time: 32, poses: [{ id: 'n9', rotation: '0 0 1 0' }, { id: 'world' }, null, 7], labels: {} };

    expect(readStreamMessage(`application/json:${JSON.stringify(frame)}`)).toEqual({
      kind: 'frame',
      frame: { time: 32, updates: [{ id: 'n9', fields: { rotation: '0 0 1 0' } }], labels: [] },
    });
  });

  it('never throws, whatever arrives', () => {
    const key = fc.constantFrom(
      'application/json:',
      'world:',
      'node:',
      'robot window: ',
      'robot: ',
      'multimedia: ',
      '',
    );
    const body = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(key, body, (key, body) => {
        expect(readStreamMessage(key + body).kind).toEqual(expect.any(String));
      }),
    );
  });
});
