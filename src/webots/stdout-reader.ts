import type { SimulationState } from '../../machines/webots-process-types.ts';

/** What a chunk of an engine's standard output says, folded: of several states only the last one counts. */
export interface StdoutFacts {
  /** A line that is exactly `.` was among them. */
  readonly beat: boolean;
  readonly state: SimulationState | undefined;
}

/** A line longer than this holds no word of the protocol; its rest is dropped. Our choice, in bytes. */
const MAX_LINE = 4_096;

const STATES: readonly (readonly [line: string, state: SimulationState])[] = [
  ['\npause\n', 'paused'],
  ['\nreal-time\n', 'running'],
  ['\nfast\n', 'running'],
  ['\nstep\n', 'running'],
];

/**
 * Reads an engine's standard output in chunks of any size and any bytes.
 *
 * Only whole lines count, since controllers may print what looks like the
 * beginning of a word. Searches for the words instead of cutting lines: an
 * engine may print millions of others. Holds at most `MAX_LINE` bytes.
 *
 * @returns a function that takes the next chunk and returns what it said
 */
export function stdoutReader(): (chunk: Buffer) => StdoutFacts {
  let unfinished = '\n';

  return (chunk) => {
    const text = (unfinished + chunk.toString('latin1')).replaceAll('\r\n', '\n');
    const end = text.lastIndexOf('\n') + 1;
    // Each line is found between two newlines: the last one begins the next chunk's text too.
    const lines = text.slice(0, end);
    unfinished = text.length - end > MAX_LINE ? 'x' : text.slice(Math.max(0, end - 1));
    return { beat: lines.includes('\n.\n'), state: lastState(lines) };
  };
}

function lastState(lines: string): SimulationState | undefined {
  let last = -1;
  let found: SimulationState | undefined;
  for (const [line, state] of STATES) {
    const position = lines.lastIndexOf(line);
    if (position > last) {
      last = position;
      found = state;
    }
  }
  return found;
}
