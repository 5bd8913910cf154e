import type { End, EndReason } from '../../machines/end-reason.ts';
import { endOf } from '../errors.ts';

/** Wait between two looks, in ms: our choice. */
const LOOK_INTERVAL = 5_000;

/** Reasons of an end after which it is doubtful that another session could be served. */
const DOUBTFUL: ReadonlySet<EndReason> = new Set([
  'diskFull',
  'folderUnwritable',
  'noFreePort',
  'machineExhausted',
  'engineNotStarted',
]);

/** Whether this machine has what another session needs: room, ports, files, processes. */
export interface Capacity {
  /** What is missing, as the end that a session would meet; undefined while nothing is. */
  readonly shortage: End | undefined;
  /** Looks at once if `reason` makes it doubtful that the next session could be served. */
  recordEnd(reason: EndReason): void;
  stop(): void;
}

/** Resolves with what is missing, if anything. */
export type CapacityCheck = () => End | undefined | Promise<End | undefined>;

export interface CapacityOptions {
  /** Cheap ones, for every look; the first that finds a shortage decides. */
  readonly checks: readonly CapacityCheck[];
  /** For looks after a doubtful end, until it finds nothing missing. */
  readonly thoroughCheck: CapacityCheck;
  /** Hears of a shortage that begins or changes, and of its end. */
  readonly onChange: (shortage: End | undefined) => void;
  /** Wait between two looks in ms; 5 s if not said. */
  readonly interval?: number | undefined;
}

/** Resolves after the first look. */
export async function watchCapacity(options: CapacityOptions): Promise<Capacity> {
  const { checks, thoroughCheck, onChange, interval = LOOK_INTERVAL } = options;
  let shortage: End | undefined;
  let isDoubtful = false;
  /** Looks follow each other, so that an old one never overrules a new one. */
  let lastLook: Promise<void> = Promise.resolve();

  function look(): Promise<void> {
    lastLook = lastLook.then(async () => {
      const wasDoubtful = isDoubtful;
      isDoubtful = false;
      const found = await firstShortage(wasDoubtful ? [...checks, thoroughCheck] : checks).catch(endOf);
      isDoubtful ||= wasDoubtful && found !== undefined;
      const isNews = found?.reason !== shortage?.reason;
      shortage = found;
      if (isNews) onChange(found);
    });
    return lastLook;
  }

  await look();
  const timer = setInterval(() => void look(), interval);
  // The server's port keeps the process alive, not this.
  timer.unref();
  return {
    get shortage() {
      return shortage;
    },
    recordEnd(reason) {
      if (!DOUBTFUL.has(reason)) return;
      isDoubtful = true;
      void look();
    },
    stop: () => clearInterval(timer),
  };
}

async function firstShortage(checks: readonly CapacityCheck[]): Promise<End | undefined> {
  for (const check of checks) {
    const found = await check();
    if (found) return found;
  }
  return undefined;
}
