import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { ProgramEnd } from '../reaper/program.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { outputTail } from './output-tail.ts';
import { xauthorityEntry } from './xauthority.ts';

/** Bytes of the random part of a display's name, as many as session ids have: our choice. */
const NAME_BYTES = 16;

/** Size and depth of the screen, those of Debian's `xvfb-run`; Webots draws its pictures in windows of their own. */
const SCREEN = '1280x1024x24';

/** Longest wait in ms until a display tells its number, our choice: it takes a tenth of a second. */
const START_TIMEOUT = 10_000;

/** Only our user may see the key. */
const PRIVATE = 0o700;

/** Where X servers listen, and the table of such sockets that somebody has bound. */
const SOCKETS = '/tmp/.X11-unix';
const BOUND_SOCKETS = '/proc/net/unix';

export interface DisplayTools {
  /** Absolute path of Xvfb. */
  readonly program: string;
  /** Absolute path of the folder in which the display has one of its own, beside those of sessions. */
  readonly instances: string;
  readonly reaper: Pick<Reaper, 'spawn' | 'hold' | 'forget'>;
  /** Hears each display that has begun. */
  onRunning(display: string): void;
}

/** A display of the server's own, on which engines draw. */
export interface Display {
  /** What engines need to find it; empty while there is none. */
  readonly variables: () => Readonly<Record<string, string>>;
  /** Runs one until it is stopped. @throws Error when it ends by itself or does not begin */
  readonly logic: PromiseActorLogic<never>;
  /** Resolves when the first one has begun. */
  readonly ready: Promise<void>;
}

/**
 * An Xvfb with a number that is free, which is reached from this machine alone, by who has the key.
 *
 * Its processes, its entry in the ledger and the folder of its key have a name of their own: another server of the
 * same user, perhaps in the same folder, ends and removes its own display alone.
 */
export function createDisplay({ program, instances, reaper, onRunning }: DisplayTools): Display {
  const session = `display-${randomBytes(NAME_BYTES).toString('hex')}`;
  const folder = join(instances, session);
  let variables: Readonly<Record<string, string>> = {};
  let becomeReady = () => {};
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });
  const authority = join(folder, 'Xauthority');

  async function run(signal: AbortSignal): Promise<never> {
    // For the day on which the server cannot remove it; without, a small file stays.
    reaper.hold(session, { folder }).catch(() => {});
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: PRIVATE });
    await writeFile(authority, xauthorityEntry(randomBytes(16)), { mode: 0o600, flag: 'wx' });
    signal.throwIfAborted();
    const errors = outputTail();
    let told = '';
    let isLate = false;
    const end = await new Promise<ProgramEnd>((resolve) => {
      const spawned = reaper.spawn(
        session,
        {
          program,
          arguments: ['-displayfd', '1', '-screen', '0', SCREEN, '-nolisten', 'tcp', '-noreset', '-auth', authority],
          environment: { PATH: process.env.PATH ?? '' },
          folder,
        },
        {
          onOutput(stream, chunk) {
            if (stream === 'stderr') return errors.add(chunk);
            if (told.endsWith('\n')) return;
            told += chunk.toString('latin1');
            if (!told.endsWith('\n')) return;
            clearTimeout(timer);
            variables = { DISPLAY: `:${told.trim()}`, XAUTHORITY: authority };
            onRunning(`:${told.trim()}`);
            becomeReady();
          },
          onEnded(end) {
            clearTimeout(timer);
            resolve(end);
          },
        },
      );
      const timer = setTimeout(() => {
        isLate = true;
        spawned.signal('SIGKILL');
      }, START_TIMEOUT);
      const stop = () => spawned.signal('SIGTERM');
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
    variables = {};
    if (told !== '') removeSocket(told.trim());
    await rm(folder, { recursive: true, force: true });
    signal.throwIfAborted();
    await reaper.forget(session);
    const how = isLate ? `told no display within ${START_TIMEOUT / 1000} s` : describe(end);
    throw new Error(`Expected ${program} to run as long as its server, it ${how}${quoted(errors.quotation())}`);
  }

  return { variables: () => variables, logic: fromPromise(({ signal }) => run(signal)), ready };
}

function describe(end: ProgramEnd): string {
  if (end.kind === 'failed') return `could not be started: ${end.message}`;
  return end.signal ? `was ended by ${end.signal}` : `ended with ${end.exitCode ?? 'an unknown status'}`;
}

function quoted(text: string): string {
  return text === '' ? '' : `: ${text}`;
}

/** Removes what an X server that was killed leaves, unless another one listens there by now. */
function removeSocket(number: string): void {
  const socket = join(SOCKETS, `X${number}`);
  try {
    const isBound = readFileSync(BOUND_SOCKETS, 'latin1')
      .split('\n')
      .some((line) => line.endsWith(` ${socket}`));
    if (!isBound) rmSync(socket, { force: true });
  } catch {
    // The next X server that takes the number does it.
  }
}
