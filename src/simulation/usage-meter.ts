import type { SessionMeasure } from '../reaper/session-usage.ts';

/** Time in ms for which is measured after somebody has asked, beyond the streams that are open: our choice; a page without scripts is loaded again to see a rate. */
const LINGER = 10_000;

/** What the processes of a session take. */
export interface Usage {
  /** Percent of one processor since the look before, a second ago; null at the first look. */
  readonly cpu: number | null;
  /** Bytes. */
  readonly memory: number;
}

export interface UsageMeterTools {
  /** Ms between two looks. */
  readonly interval: number;
  measure(sessions: readonly string[]): Promise<ReadonlyMap<string, SessionMeasure>>;
  sessions(): readonly string[];
  isWatched(): boolean;
  /** Hears that there are new figures, or that there would be. */
  onMeasured(): void;
  onError(error: unknown): void;
}

/** Measures what sessions take, for all who watch at once, and not at all while nobody does. */
export interface UsageMeter {
  /** Somebody watches, or looks once. */
  wake(): void;
  of(session: string): Usage | undefined;
  close(): void;
}

export function createUsageMeter(tools: UsageMeterTools): UsageMeter {
  let last: ReadonlyMap<string, SessionMeasure> = new Map();
  let usages: ReadonlyMap<string, Usage> = new Map();
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let askedAt = 0;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const measures = await tools.measure(tools.sessions());
      // Nobody watched any more meanwhile: the next rate begins anew.
      if (!timer) return;
      usages = new Map([...measures].map(([session, measure]) => [session, usageOf(measure, last.get(session))]));
      last = measures;
    } catch (error) {
      forget();
      tools.onError(error);
    } finally {
      isLooking = false;
    }
  }

  function tick(): void {
    if (tools.isWatched() || performance.now() - askedAt <= LINGER) void look().then(tools.onMeasured);
    else close();
  }

  function forget(): void {
    last = new Map();
    usages = new Map();
  }

  function close(): void {
    clearInterval(timer);
    timer = undefined;
    forget();
  }

  return {
    wake() {
      askedAt = performance.now();
      if (timer) return;
      timer = setInterval(tick, tools.interval);
      tick();
    },
    of: (session) => usages.get(session),
    close,
  };
}

function usageOf({ at, cpuTime, memory }: SessionMeasure, before: SessionMeasure | undefined): Usage {
  const time = before ? at - before.at : 0;
  return { cpu: before && time > 0 ? Math.max(0, ((cpuTime - before.cpuTime) / time) * 100) : null, memory };
}
