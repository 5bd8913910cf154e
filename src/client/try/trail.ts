import { setTimeout as delay } from 'node:timers/promises';
import { Breakage } from './breakage.ts';
import type { Report } from './report.ts';
import { isStreamOpen, streamPort } from './stream-port.ts';
import { canSeeProcesses, isThisMachine, readTraces, sessionOnPort, tracesOf } from './traces.ts';

/** How long the end of a session may take, in ms (our choice): the grace of the engine, then its kill, with room. */
const END_WAIT = 15_000;
/** How often is looked whether something is gone, in ms (our choice). */
const LOOK_INTERVAL = 50;

const ADVICE = 'Look at the log of the simulation server, and end what is left by hand.';

/** What one session has made, to see that it is gone afterwards. */
export class Trail {
  readonly #streamUrl: string;
  readonly #id: string | undefined;

  private constructor(streamUrl: string, id: string | undefined) {
    this.#streamUrl = streamUrl;
    this.#id = id;
  }

  /** Looks who is behind the engine's URL; to be called while it streams. */
  static async follow(streamUrl: string): Promise<Trail> {
    const port = streamPort(streamUrl);
    const isHere = canSeeProcesses && port !== undefined && isThisMachine(streamUrl);
    return new Trail(streamUrl, isHere ? sessionOnPort(await readTraces(), port) : undefined);
  }

  /** @throws Breakage for what is still there after the time that an end may take */
  async expectGone(report: Report): Promise<void> {
    await this.#expectClosed(report);
    if (this.#id !== undefined) await this.#expectNothingLeft(this.#id, report);
    else report.tell('nothing left', `not looked for: ${this.#blindness()}`);
  }

  async #expectClosed(report: Report): Promise<void> {
    if (await happens(async () => !(await isStreamOpen(this.#streamUrl)) || (await this.#isTakenByAnother()))) {
      report.tell('stream', `${this.#streamUrl} accepts no more connections`);
    } else {
      throw new Breakage(
        `The stream at ${this.#streamUrl} still accepts connections ${END_WAIT / 1000} s later.`,
        ADVICE,
      );
    }
  }

  /** A port that is free again may belong to the next client at once. */
  async #isTakenByAnother(): Promise<boolean> {
    const port = streamPort(this.#streamUrl);
    if (this.#id === undefined || port === undefined) return false;
    const owner = sessionOnPort(await readTraces(), port);
    return owner !== undefined && owner !== this.#id;
  }

  async #expectNothingLeft(id: string, report: Report): Promise<void> {
    let left = tracesOf(id, await readTraces());
    await happens(async () => {
      left = tracesOf(id, await readTraces());
      return left.processes.length + left.folders.length === 0;
    });
    const { processes, folders } = left;
    if (processes.length > 0) {
      const pids = processes.map(({ pid }) => pid).join(', ');
      throw new Breakage(`Processes of the session are left: ${pids}.`, ADVICE);
    }
    if (folders.length > 0) throw new Breakage(`The folder of the session is left: ${folders.join(', ')}.`, ADVICE);
    report.tell('nothing left', `no process and no folder of session ${id}`);
  }

  #blindness(): string {
    if (!isThisMachine(this.#streamUrl)) return 'the simulation ran on another machine';
    if (!canSeeProcesses) return 'that needs Linux';
    return `no process here was told to listen on port ${streamPort(this.#streamUrl)}`;
  }
}

async function happens(condition: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + END_WAIT;
  while (performance.now() < end) {
    if (await condition()) return true;
    await delay(LOOK_INTERVAL);
  }
  return condition();
}
