import { describe, expect, it } from 'vitest';
import { outputTail } from '../../../src/webots/output-tail.ts';

describe('outputTail', () => {
  it('quotes the last three lines that are not empty', () => {
    const tail = outputTail();

    tail.add(Buffer.from('one\ntwo\n\nthree\nfo'));
    tail.add(Buffer.from('ur\n\n'));

    expect(tail.quotation()).toBe('two | three | four');
  });

  it('quotes nothing of a program that printed nothing', () => {
    expect(outputTail().quotation()).toBe('');
  });

  it('stays short whatever is printed', () => {
    const tail = outputTail();

    for (let chunk = 0; chunk < 1_000; chunk++) tail.add(Buffer.alloc(65_536, 'x'));

    expect(tail.quotation()).toBe('x'.repeat(500));
  });

  it('leaves out control characters', () => {
    const tail = outputTail();

    tail.add(Buffer.from('\u001b[31mred\u0007\n'));

    expect(tail.quotation()).toBe('[31mred');
  });
});
