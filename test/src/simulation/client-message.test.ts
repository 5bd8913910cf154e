import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClientMessage } from '../../../src/simulation/client-message.ts';

const mistake = (text: string) => ({ type: 'client.mistaken', text });

describe('readClientMessage', () => {
  it.each([undefined, 'x3d', 'w3d'])('takes the mode %s for a scene', (mode) => {
    const start = { url: 'https://github.com/o/r/blob/main/worlds/w.wbt', ...(mode && { mode }) };

    expect(readClientMessage(JSON.stringify({ start }))).toEqual({
      type: 'client.started',
      url: start.url,
      mode: 'scene',
    });
  });

  it('reads a start in MJPEG mode', () => {
    expect(readClientMessage('{"start":{"url":"u","mode":"mjpeg"}}')).toEqual({
      type: 'client.started',
      url: 'u',
      mode: 'mjpeg',
    });
  });

  it('looks for `reset controller` before `start`', () => {
    expect(readClientMessage('{"start":{"url":"u"},"reset controller":"a/a.py"}')).toEqual({
      type: 'client.controllerReset',
      file: 'a/a.py',
    });
  });

  it.each([
    [undefined, 'Expected a text message in JSON, got a binary one.'],
    ['start', 'Expected a message in JSON, got "start".'],
    ['', 'Expected a message in JSON, got "".'],
    ['[1]', 'Expected a JSON object, got "[1]".'],
    ['null', 'Expected a JSON object, got "null".'],
    ['{}', 'Expected the key `start` or `reset controller`, got an empty object.'],
    ['{"stop":1}', 'Expected the key `start` or `reset controller`, got the key "stop".'],
    ['{"start":"u"}', 'Expected `start` to be an object with a `url`, got "u".'],
    ['{"start":{}}', "Expected `start.url` to be a world's URL, got nothing."],
    ['{"start":{"url":7}}', 'Expected `start.url` to be a world\'s URL, got "7".'],
    ['{"start":{"url":"u","mode":"vrml"}}', 'Expected `start.mode` to be x3d, w3d or mjpeg, got "vrml".'],
    ['{"reset controller":1}', 'Expected `reset controller` to be a text such as "robot/robot.py", got "1".'],
  ])('answers %j with what was expected and what came', (data, text) => {
    expect(readClientMessage(data)).toEqual(mistake(text));
  });

  it('quotes a long message in one short line', () => {
    const answer = readClientMessage(`${'x'.repeat(60_000)}\n\u0000`);

    expect(answer).toEqual(mistake(`Expected a message in JSON, got "${'x'.repeat(80)}…".`));
  });

  it('never fails, and says only what it means', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ start: value })),
    );
    fc.assert(
      fc.property(anything, (data) => {
        expect(['client.started', 'client.mistaken', 'client.controllerReset']).toContain(readClientMessage(data).type);
      }),
    );
  });
});
