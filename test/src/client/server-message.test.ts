import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readServerMessage } from '../../../src/client/index.ts';

describe('readServerMessage', () => {
  it.each([
    ['.', { kind: 'heartbeat' }],
    ['webots:ws://localhost:2001', { kind: 'stream', url: 'ws://localhost:2001' }],
    ['webots:wss://h.example/2001', { kind: 'stream', url: 'wss://h.example/2001' }],
    ['webots:http://localhost:2001', { kind: 'unknown', text: 'webots:http://localhost:2001' }],
    ['webots:ws://[', { kind: 'unknown', text: 'webots:ws://[' }],
    ['loading: Step 1/7 : ARG A', { kind: 'loading', text: 'Step 1/7 : ARG A' }],
    ['loading: a &lt;b&gt; &amp;lt; &quot;c&quot;', { kind: 'loading', text: 'a <b> &lt; "c"' }],
    ['loading: Error: no &lt;world&gt;', { kind: 'trouble', text: 'no <world>' }],
    ['loading: warning: Error: no', { kind: 'loading', text: 'warning: Error: no' }],
    ['error: no <world> &amp; so on', { kind: 'error', text: 'no <world> &amp; so on' }],
    ['shutdownTimeout: 7200', { kind: 'shutdownTimeout', seconds: 7200 }],
    ['shutdownTimeout: soon', { kind: 'unknown', text: 'shutdownTimeout: soon' }],
    ['queue: 3', { kind: 'queue', place: 3 }],
    ['ide: enable', { kind: 'ide' }],
    ['type:demo\n', { kind: 'type', type: 'demo' }],
    ['reset controller: rob/rob.py', { kind: 'controllerReset', file: 'rob/rob.py' }],
    ['post-mortem: 9f86d081', { kind: 'postMortem', id: '9f86d081' }],
    ['post-mortem: <b>', { kind: 'unknown', text: 'post-mortem: <b>' }],
    ['Error: demo.wbt does not exist.', { kind: 'trouble', text: 'demo.wbt does not exist.' }],
    ['', { kind: 'unknown', text: '' }],
  ])('reads %j', (message, expected) => {
    expect(readServerMessage(message)).toEqual(expected);
  });

  it('never throws, whatever arrives', () => {
    const key = fc.constantFrom('loading: ', 'error: ', 'webots:ws://', 'shutdownTimeout: ', 'queue: ', 'type:', '');
    fc.assert(
      fc.property(key, fc.string({ unit: 'binary' }), (key, body) => {
        expect(readServerMessage(key + body).kind).toEqual(expect.any(String));
      }),
    );
  });
});
