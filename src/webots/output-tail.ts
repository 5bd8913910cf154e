import { withoutPaths } from './without-paths.ts';

/** Most bytes that are kept of a program's output, for telling why it ended: our choice. */
const MAX_TAIL = 8_192;

/** Lines of the tail that a message to a client quotes: our choice. */
const QUOTED_LINES = 3;

/** Longest quotation in a message to a client, in characters: our choice. */
const MAX_QUOTATION = 500;

/** Keeps the end of a stream of bytes, in bounded memory. */
export interface OutputTail {
  add(chunk: Buffer): void;
  /** All that is kept; of control characters only line feeds and tabs. */
  text(): string;
  /** The last lines that are not empty, joined by ` | `, of paths the last part; '' if there are none. */
  quotation(): string;
}

export function outputTail(): OutputTail {
  let tail = Buffer.alloc(0);
  return {
    add(chunk) {
      tail =
        chunk.length >= MAX_TAIL
          ? Buffer.from(chunk.subarray(-MAX_TAIL))
          : Buffer.concat([tail, chunk]).subarray(-MAX_TAIL);
    },
    text: () => tail.toString('utf8').replace(/[^\P{Cc}\n\t]/gu, ' '),
    quotation() {
      const lines = tail
        .toString('utf8')
        .replace(/[^\P{C}\n]/gu, ' ')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
      // Before it is cut: half a path is not known for one.
      return withoutPaths(lines.slice(-QUOTED_LINES).join(' | ')).slice(-MAX_QUOTATION);
    },
  };
}
