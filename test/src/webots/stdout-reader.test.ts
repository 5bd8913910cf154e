import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stdoutReader } from '../../../src/webots/stdout-reader.ts';

const nothing = { beat: false, state: undefined };

describe('stdoutReader', () => {
  it.each([
    ['.\n', { beat: true, state: undefined }],
    ['.\r\n', { beat: true, state: undefined }],
    ['pause\n', { beat: false, state: 'paused' }],
    ['real-time\n', { beat: false, state: 'running' }],
    ['fast\n', { beat: false, state: 'running' }],
    ['step\npause\n', { beat: false, state: 'paused' }],
    ['.hidden\n', nothing],
    [' .\n', nothing],
    ['pauses\n', nothing],
    ['reset\n', nothing],
    ['.', nothing],
  ])('reads %j', (text, expected) => {
    expect(stdoutReader()(Buffer.from(text))).toEqual(expected);
  });

  it('says the same however the output is cut into chunks', () => {
    const line = fc.constantFrom('.', 'pause', 'real-time', 'fast', 'step', 'reset', 'controller said so', '');
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(200)), (lines, cuts) => {
        const output = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const whole = stdoutReader()(output);
        const read = stdoutReader();
        const positions = [0, ...cuts.map((cut) => Math.min(cut, output.length)).sort((a, b) => a - b), output.length];
        const parts = positions.slice(1).map((end, index) => read(output.subarray(positions[index], end)));
        expect(parts.some(({ beat }) => beat)).toBe(whole.beat);
        expect(parts.map(({ state }) => state).findLast((state) => state !== undefined)).toBe(whole.state);
      }),
    );
  });

  it('drops a line that is too long, and reads the next one', () => {
    const read = stdoutReader();

    for (let chunk = 0; chunk < 100; chunk++) expect(read(Buffer.alloc(100_000, 0xff))).toEqual(nothing);
    expect(read(Buffer.from('\n.\n'))).toEqual({ beat: true, state: undefined });
  });

  it('reads any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        const read = stdoutReader();
        for (const chunk of chunks) read(Buffer.from(chunk));
      }),
    );
  });
});
