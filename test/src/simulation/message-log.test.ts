import { describe, expect, it } from 'vitest';
import { MOST_CHARACTERS, MOST_MESSAGES, messageLog } from '../../../src/simulation/message-log.ts';

function start() {
  let now = 0;
  return messageLog(() => now++);
}

/** What is shown of one message. */
function shown(text: string | undefined): string {
  const log = start();
  log.add('fromClient', text);
  return log.messages[0]!.text;
}

describe('a log of messages', () => {
  it('has each message with its time and direction, and those that repeat the one before as one', () => {
    const log = start();

    log.add('fromClient', 'a');
    log.add('toClient', 'a');
    for (let beat = 0; beat < 3; beat++) log.add('toClient', '.');

    expect(log.messages).toEqual([
      { at: 0, direction: 'fromClient', text: 'a', times: 1 },
      { at: 1, direction: 'toClient', text: 'a', times: 1 },
      { at: 4, direction: 'toClient', text: '.', times: 3 },
    ]);
  });

  it('keeps the latest, and counts those before', () => {
    const log = start();

    for (let index = 0; index < MOST_MESSAGES + 7; index++) log.add('toClient', String(index));

    expect(log.messages).toHaveLength(MOST_MESSAGES);
    expect(log.messages[0]!.text).toBe('7');
    expect(log.leftOut).toBe(7);
  });

  it('keeps so much of a message', () => {
    expect(shown('x'.repeat(MOST_CHARACTERS))).toBe('x'.repeat(MOST_CHARACTERS));
    expect(shown('x'.repeat(4_000))).toBe(`${'x'.repeat(MOST_CHARACTERS)}…`);
    expect(shown('x'.repeat(60_000))).toBe('[60000 characters]');
  });

  it.each(['://', 'a://a', '@', '? ', '"', '{"a":'])('takes no longer than its length allows for %j', (part) => {
    const log = messageLog(() => 0);
    for (let count = 0; count < 500; count++) log.add('fromClient', part.repeat(4_000 / part.length));

    expect(log.messages.at(-1)?.text.length).toBeLessThanOrEqual(MOST_CHARACTERS + 1);
  });

  it.each([
    ['credentials', 'loading: https://user:secret@host/x', 'loading: https://[redacted]@host/x'],
    [
      'what follows a path',
      '{"start":{"url":"https://h/w.wbt?a=secret#b"}}',
      '{"start":{"url":"https://h/w.wbt?[redacted]"}}',
    ],
    ['fields with secrets', '{"start":{"token":"secret"}}', '{"start":{"token":"[redacted]"}}'],
    ['the first half of a secret', `${'x'.repeat(490)} https://user:secret@host`, `${'x'.repeat(490)} https://[…`],
    ['control characters', 'a\u0000\u001b\n\u202e\ud800b', 'a     b'],
  ])('has no %s', (_, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('says that a message was binary', () => {
    expect(shown(undefined)).toBe('[binary]');
  });
});
