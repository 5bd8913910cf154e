/** Columns of the step's name: the longest is `availability`. */
const NAME_WIDTH = 14;
/** Columns of the time: hours in seconds, with milliseconds. */
const TIME_WIDTH = 8;
/** Lines of one kind beyond this are counted instead of printed (our choice). */
const MOST_LINES = 40;

/** Who is told each step, and what is known about it. */
export type Teller = Pick<Report, 'tell'>;

/** Prints one aligned line a step: seconds since the start, the step, what is known about it. */
export class Report {
  readonly #write: (text: string) => void;
  readonly #begin = performance.now();
  readonly #lines = new Map<string, number>();

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** One line, however many `detail` has. */
  tell(name: string, detail: string): void {
    const lines = (this.#lines.get(name) ?? 0) + 1;
    this.#lines.set(name, lines);
    if (lines > MOST_LINES) return;
    const text = lines === MOST_LINES ? '… further lines are left out' : printable(detail);
    const seconds = ((performance.now() - this.#begin) / 1000).toFixed(3);
    this.#write(`${seconds.padStart(TIME_WIDTH)} s  ${name.padEnd(NAME_WIDTH)}${text}\n`);
  }
}

/** Foreign text must not move the cursor, nor colour what follows. */
function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
}
