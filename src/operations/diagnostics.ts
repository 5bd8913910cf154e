import { readdir, readlink } from 'node:fs/promises';

/** Environment variable without which nothing is answered. */
export const DIAGNOSTICS = 'WEBOTS_HUB_DIAGNOSTICS';

/** What the parent process sends to be answered. */
export const QUESTION = 'diagnostics';

/** What only the process itself can count. */
export interface Diagnosis {
  readonly actors: number;
  /** Timers that would keep the process alive. */
  readonly timers: number;
  /** Bytes of the heap in use, after a collection where the process was started with `--expose-gc`. */
  readonly heap: number;
  /** Descriptors, of which `sockets` are sockets; 0 where the system does not tell. */
  readonly files: number;
  readonly sockets: number;
}

/**
 * Answers a parent process that asks over the channel that it has opened (`fork`), if `DIAGNOSTICS` is set: for the
 * soak, which counts what a server holds before and after. Nobody else can ask.
 */
export function answerDiagnostics(actorCount: () => number): void {
  if (!process.env[DIAGNOSTICS] || !process.send) return;
  process.on('message', (message) => {
    if (message === QUESTION) void diagnose(actorCount()).then((diagnosis) => process.send?.(diagnosis));
  });
}

async function diagnose(actors: number): Promise<Diagnosis> {
  // Counted first: the looks below take descriptors and time.
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(
    descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => undefined)),
  );
  // The descriptor of the look itself is gone by the time its target is asked for.
  const open = targets.filter((target) => target !== undefined);
  return {
    actors,
    timers,
    heap,
    files: open.length,
    sockets: open.filter((target) => target.startsWith('socket:')).length,
  };
}
