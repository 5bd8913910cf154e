import type { Socket } from 'node:net';
import { HTTP_LIMITS } from '../operations/http-limits.ts';

/** What an engine's answer begins with that takes an upgrade. */
const SWITCHING = 'HTTP/1.1 101 ';

/** Browsers take a line feed alone for the end of a line, too. */
const LINE_END = /\r?\n/;
const HEAD_END = /\r?\n\r?\n/;

/**
 * Tells once whether an engine switches protocols; its answer is still to be read then.
 *
 * @param isPassed by its name in lower case, whether a header of the answer is left in it
 * @param patience longest wait in ms for the whole head of the answer
 */
export function hearSwitching(
  engine: Socket,
  isPassed: (name: string) => boolean,
  patience: number,
  tell: (isSwitching: boolean) => void,
): void {
  let begin = Buffer.alloc(0);
  const hear = (chunk: Buffer) => {
    begin = Buffer.concat([begin, chunk]);
    const text = begin.toString('latin1');
    const isOther = text.length >= SWITCHING.length && !text.startsWith(SWITCHING);
    if (isOther || HEAD_END.test(text) || text.length > HTTP_LIMITS.maxHeaderSize) decide();
  };
  const decide = () => {
    clearTimeout(waiting);
    engine.pause().off('data', hear).off('end', decide).off('error', decide);
    const text = begin.toString('latin1');
    const end = HEAD_END.exec(text);
    const isSwitching = text.startsWith(SWITCHING) && end !== null;
    if (isSwitching) {
      const head = Buffer.from(passedHead(text.slice(0, end.index), isPassed), 'latin1');
      engine.unshift(Buffer.concat([head, begin.subarray(end.index + end[0].length)]));
    }
    tell(isSwitching);
  };
  const waiting = setTimeout(decide, patience);
  engine
    .on('data', hear)
    .once('end', decide)
    .once('error', decide)
    .once('close', () => clearTimeout(waiting));
}

/** What could be read as several lines, or as part of another one, is left out. */
function passedHead(head: string, isPassed: (name: string) => boolean): string {
  const [status = '', ...fields] = head.split(LINE_END);
  const passed = fields.filter((field) => {
    const [name = ''] = field.split(':', 1);
    return !/^\s|\r/.test(field) && isPassed(name.trim().toLowerCase());
  });
  return `${[status.replaceAll('\r', ''), ...passed].join('\r\n')}\r\n\r\n`;
}
