import type { SimulationState } from '../../machines/webots-process.ts';

/** What a chunk of an engine's standard output says, folded: of several states only the last one counts. */
export interface StdoutFacts {
  /** A line that is exactly `.` was among them. */
  readonly beat: boolean;
  readonly state: SimulationState | undefined;
}

/** A line longer than this holds no word of the protocol; its rest is dropped. Our choice, in bytes. */
const MAX_LINE = 4_096;

const STATES: ReadonlyMap<string, SimulationState> = new Map([
  ['pause', 'paused'],
  ['real-time', 'running'],
  ['fast', 'running'],
  ['step', 'running'],
]);

const NEWLINE = 0x0a;

/**
 * Reads an engine's standard output in chunks of any size and any bytes.
 *
 * Only whole lines count, since controllers may print what looks like the
 * beginning of a word. Holds at most one unfinished line of `MAX_LINE` bytes.
 *
 * @returns a function that takes the next chunk and returns what it said
 */
export function stdoutReader(): (chunk: Buffer) => StdoutFacts {
  let unfinished = '';
  let isOverlong = false;

  return (chunk) => {
    let beat = false;
    let state: SimulationState | undefined;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (!isOverlong && end - start <= MAX_LINE) {
        const line = (unfinished + chunk.toString('latin1', start, end)).trimEnd();
        beat ||= line === '.';
        state = STATES.get(line) ?? state;
      }
      unfinished = '';
      isOverlong = false;
      start = end + 1;
    }
    if (chunk.length - start + unfinished.length > MAX_LINE) isOverlong = true;
    else unfinished += chunk.toString('latin1', start);
    if (isOverlong) unfinished = '';
    return { beat, state };
  };
}
