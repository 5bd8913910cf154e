import type { Inspector } from './inspector.ts';
import type { Recording, RecordingPart } from './recording.ts';

/** Entries of one answer: our choice, some hundreds of kilobytes. */
export const MOST_ENTRIES = 2_000;

/** What the page has, as it says when it asks for more. */
export interface Known {
  /** Number of the last entry that it has; 0 for none. */
  readonly after: number;
  /** `startedOn` of the recording that it has. */
  readonly of: string | undefined;
}

/** Where the page's entries come from. */
export interface InspectionSource {
  readonly isOn: boolean;
  /** What came after what is known: a `RecordingPart` as JSON. */
  part(known: Known): string;
  /** All that there is: a `Recording` as JSON. */
  whole(): string;
}

/** What is being recorded. */
export function liveSource(inspector: Inspector): InspectionSource {
  const { recorder } = inspector;
  return {
    get isOn() {
      return inspector.isOn;
    },
    part({ after, of }) {
      const head = recorder.head();
      const isAnew = of !== head.startedOn || after < recorder.first - 1 || after > recorder.last;
      const start = isAnew ? recorder.first - 1 : after;
      const texts = recorder.after(start, MOST_ENTRIES);
      return joined(
        {
          ...head,
          isOn: inspector.isOn,
          isFile: false,
          isAnew,
          now: inspector.isOn ? recorder.now : recorder.endedAt,
          hasMore: start + texts.length < recorder.last,
          baseline: isAnew ? recorder.baseline() : [],
        },
        texts,
      );
    },
    whole: () =>
      joined({ ...recorder.head(), baseline: recorder.baseline() }, recorder.after(0, Number.POSITIVE_INFINITY)),
  };
}

/** What was recorded once. */
export function recordedSource(recording: Recording): InspectionSource {
  const { baseline, entries, ...head } = recording;
  const texts = entries.map((entry) => JSON.stringify(entry));
  const first = entries[0]?.n ?? 1;
  return {
    isOn: false,
    part({ after, of }) {
      const isAnew = of !== head.startedOn || after < first - 1;
      const start = isAnew ? 0 : entries.findIndex(({ n }) => n > after);
      const part = start < 0 ? [] : texts.slice(start, start + MOST_ENTRIES);
      return joined(
        {
          ...head,
          isOn: false,
          isFile: true,
          isAnew,
          now: entries.at(-1)?.at ?? 0,
          hasMore: start >= 0 && start + part.length < texts.length,
          baseline: isAnew ? baseline : [],
        },
        part,
      );
    },
    whole: () => joined({ ...head, baseline }, texts),
  };
}

/** Entries are written down once, and never read and written again. */
function joined(head: Omit<RecordingPart, 'entries'> | Omit<Recording, 'entries'>, entries: readonly string[]): string {
  return `${JSON.stringify(head).slice(0, -1)},"entries":[${entries.join(',')}]}`;
}
