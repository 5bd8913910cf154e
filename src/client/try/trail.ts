import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Breakage } from './breakage.ts';
import type { Teller } from './report.ts';
import { isStreamOpen, streamPort } from './stream-port.ts';
import { canSeeProcesses, type EngineTraces, engineOnPort, isThisMachine, markedProcesses } from './traces.ts';

/** How long the end of a session may take, in ms (our choice): the grace of the engine, then its kill, with room. */
const END_WAIT = 15_000;
/** How often is looked whether something is gone, in ms (our choice). */
const LOOK_INTERVAL = 50;

const ADVICE = 'Look at the log of the simulation server, and end what is left by hand.';

/** What one session has made, to see that it is gone afterwards. */
export class Trail {
  readonly #streamUrl: string;
  readonly #engine: EngineTraces | undefined;
  readonly #wait: number;

  private constructor(streamUrl: string, engine: EngineTraces | undefined, wait: number) {
    this.#streamUrl = streamUrl;
    this.#engine = engine;
    this.#wait = wait;
  }

  /**
   * Looks who is behind the engine's URL; to be called while it streams.
   *
   * @param wait how long the end of the session may take, in ms
   */
  static async follow(streamUrl: string, wait: number = END_WAIT): Promise<Trail> {
    const port = streamPort(streamUrl);
    const isHere = canSeeProcesses && port !== undefined && isThisMachine(streamUrl);
    return new Trail(streamUrl, isHere ? engineOnPort(await markedProcesses(), port) : undefined, wait);
  }

  /** @throws Breakage for what is still there after the time that an end may take */
  async expectGone(report: Teller): Promise<void> {
    await this.#expectClosed(report);
    if (this.#engine !== undefined) await this.#expectNothingLeft(this.#engine, report);
    else report.tell('nothing left', `not looked for: ${this.#blindness()}`);
  }

  async #expectClosed(report: Teller): Promise<void> {
    if (
      await happens(this.#wait, async () => !(await isStreamOpen(this.#streamUrl)) || (await this.#isTakenByAnother()))
    ) {
      report.tell('stream', `${this.#streamUrl} accepts no more connections`);
    } else {
      throw new Breakage(
        `The stream at ${this.#streamUrl} still accepts connections ${this.#wait / 1000} s later.`,
        ADVICE,
      );
    }
  }

  /** A port that is free again may belong to the next client at once. */
  async #isTakenByAnother(): Promise<boolean> {
    const port = streamPort(this.#streamUrl);
    if (this.#engine === undefined || port === undefined) return false;
    const owner = engineOnPort(await markedProcesses(), port);
    return owner !== undefined && owner.session !== this.#engine.session;
  }

  async #expectNothingLeft({ session, folder }: EngineTraces, report: Teller): Promise<void> {
    let pids: number[] = [];
    const hasFolder = () => folder !== undefined && existsSync(folder);
    await happens(this.#wait, async () => {
      pids = (await markedProcesses()).filter((process) => process.session === session).map(({ pid }) => pid);
      return pids.length === 0 && !hasFolder();
    });
    if (pids.length > 0) throw new Breakage(`Processes of the session are left: ${pids.join(', ')}.`, ADVICE);
    if (hasFolder()) throw new Breakage(`The folder of the session is left: ${folder}.`, ADVICE);
    report.tell('nothing left', `no process of session ${session}${folder === undefined ? '' : `, and no ${folder}`}`);
  }

  #blindness(): string {
    if (!isThisMachine(this.#streamUrl)) return 'the simulation ran on another machine';
    if (!canSeeProcesses) return 'that needs Linux';
    return `no process here was told to listen on port ${streamPort(this.#streamUrl)}`;
  }
}

async function happens(wait: number, condition: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + wait;
  while (performance.now() < end) {
    if (await condition()) return true;
    await delay(LOOK_INTERVAL);
  }
  return condition();
}
