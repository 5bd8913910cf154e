import type { RecordingPart } from '../../inspection/recording.ts';

/** Waits in ms between two questions while something is recorded and looked at, and otherwise: our choice. */
const PACE = 300;
const SLOW_PACE = 2_000;

/** Longest wait in ms after failures, and longest for an answer. */
const MOST_WAIT = 15_000;
const PATIENCE = 10_000;

export interface Known {
  readonly last: number;
  readonly startedOn: string | undefined;
}

/** Asks again and again what happened since, for as long as the page is open. */
export async function followRecording(
  known: () => Known,
  heard: (part: RecordingPart) => void,
  lost: (reason: string) => void,
): Promise<never> {
  for (let wait = SLOW_PACE; ; await pause(wait)) {
    try {
      const { last, startedOn } = known();
      const query = new URLSearchParams({ after: String(last), ...(startedOn !== undefined && { of: startedOn }) });
      const response = await fetch(`inspect/part?${query}`, { signal: AbortSignal.timeout(PATIENCE) });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const part = (await response.json()) as RecordingPart;
      heard(part);
      wait = part.hasMore ? 0 : part.isOn && !document.hidden ? PACE : SLOW_PACE;
    } catch (error) {
      wait = Math.min(MOST_WAIT, Math.max(SLOW_PACE, wait * 2));
      lost(error instanceof Error ? error.message : String(error));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
