import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Balance } from './balance.ts';
import { processesOfAll } from './counts.ts';
import { draws } from './draws.ts';
import { createHub, createPlace, type Hub, streamUrl, watchAvailability } from './hub.ts';
import { troubleServer } from './server-faults.ts';
import { Tally } from './tally.ts';
import { drawVisit, PLAYING, type Place, type Visit } from './visit.ts';
import { startWorlds, WARM_UP_WORLDS } from './worlds.ts';

/** Wait of a client that found no server until it comes back, in ms: our choice, as a person would. */
const RETURN_WAIT = 500;

/** Longest time for one visit, in ms: our choice, above the sum of all its waits. */
const VISIT_BOUND = 120_000;

/** Time between two rows of the table, in ms. */
const MINUTE = 60_000;

/** Number of the stream of draws that belongs to servers; clients have 0 and above. */
const SERVER_STREAM = -1;

export interface SoakOptions {
  /** For how long clients come, in ms. */
  readonly duration: number;
  /** Clients at the same time. */
  readonly clients: number;
  readonly seed: number;
  /** Takes what a person reads, line by line. */
  readonly print: (line: string) => void;
}

export interface SoakResult {
  /** Clients that came. */
  readonly visits: number;
  /** Sessions that began and ended at simulation servers. */
  readonly sessions: number;
  /** What is not as it should be: empty if all went well. */
  readonly failures: readonly string[];
}

/** Runs both roles, with clients and faults that the seed draws, and sees that the end equals the start. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { print } = options;
  const folder = await mkdtemp(join(tmpdir(), 'soak-'));
  const worlds = await startWorlds();
  const hub = await createHub(folder, worlds.url);
  const run = new Run(hub, options);
  await run.all().catch((error: unknown) => run.fail(String(error)));
  await run.endServers();
  await worlds.close();
  for (const pid of await processesOfAll(folder)) run.fail(`Expected no process to be left, found ${pid}`);
  const ends = await readEnds(hub, run.fail);
  for (const tally of [run.drawn, run.outcomes, ends]) tally.print(print);
  if (run.failures.length === 0) await rm(folder, { recursive: true });
  else print(`\nThe servers' logs and post-mortems are in ${folder}.`);
  return { visits: run.visits, sessions: ends.total, failures: run.failures };
}

class Run {
  readonly failures: string[] = [];
  readonly drawn = new Tally('What was drawn');
  readonly outcomes = new Tally('How visits ended, as clients saw it');
  visits = 0;
  readonly #hub: Hub;
  readonly #place: Place;
  readonly #options: SoakOptions;

  constructor(hub: Hub, options: SoakOptions) {
    this.#hub = hub;
    this.#place = createPlace(hub);
    this.#options = options;
  }

  readonly fail = (text: string): void => {
    this.failures.push(text);
  };

  async all(): Promise<void> {
    const { servers, session } = this.#hub;
    for (const server of servers) await server.start();
    const watcher = watchAvailability(session, this.fail);
    const balance = new Balance(servers, this.#options.print);
    await this.#warmUp();
    await balance.open();
    await this.#serve(balance);
    // A server that was started again has everything that is made once, too.
    await this.#warmUp();
    for (const difference of await balance.close(this.visits)) this.fail(difference);
    watcher.close();
  }

  async endServers(): Promise<void> {
    for (const server of this.#hub.servers.toReversed()) {
      const status = await server.end('SIGTERM').catch((error: unknown) => String(error));
      if (status !== 0) this.fail(`Expected ${server.name} to end with 0 after SIGTERM, got ${status}`);
    }
  }

  /** What a server makes once, at its first session or its first crash, is there when it is counted. */
  async #warmUp(): Promise<void> {
    for (const server of [this.#hub.steady, this.#hub.shaky]) {
      const place: Place = { ...this.#place, choose: async () => streamUrl(server) };
      for (const world of WARM_UP_WORLDS) {
        await PLAYING.play({ behaviour: PLAYING, world, moment: 0, stay: 0, seed: 0 }, place);
      }
    }
  }

  async #serve(balance: Balance): Promise<void> {
    const { duration, clients, seed } = this.#options;
    const begin = performance.now();
    const over = AbortSignal.timeout(duration);
    const rows = setInterval(() => {
      void balance.look(`${Math.round((performance.now() - begin) / 1_000)} s`, this.visits);
    }, MINUTE);
    const faults = troubleServer(this.#hub.shaky, draws(seed, SERVER_STREAM), over, (name) => this.drawn.add(name));
    const clientsAll = Array.from({ length: clients }, async (_, client) => {
      for (const draw = draws(seed, client); !over.aborted; ) await this.#visit(drawVisit(draw));
    });
    await Promise.all([faults.catch((error: unknown) => this.fail(String(error))), ...clientsAll]);
    clearInterval(rows);
  }

  async #visit(visit: Visit): Promise<void> {
    const { behaviour, world } = visit;
    const name = `${behaviour.name}, ${world.name}`;
    this.visits++;
    this.drawn.add(behaviour.name);
    this.drawn.add(world.name);
    let server = '';
    const choose = async () => {
      server = await this.#place.choose();
      return server;
    };
    const bound = delay(VISIT_BOUND, 'not over in time', { ref: false });
    const outcome = await Promise.race([behaviour.play(visit, { ...this.#place, choose }), bound]).catch(
      (error: unknown) => String(error),
    );
    this.outcomes.add(`${behaviour.name}: ${outcome}`);
    if (outcome.startsWith('Error') || outcome === 'not over in time') this.fail(`${name}: ${outcome}`);
    const isUndisturbed = server === streamUrl(this.#hub.steady) && world.isHealthy && behaviour === PLAYING;
    if (isUndisturbed && outcome !== 'left') this.fail(`${name}: expected to stay as long as it liked, got ${outcome}`);
    if (outcome.startsWith('simulationServerFailed') || outcome.endsWith('1006')) await delay(RETURN_WAIT);
  }
}

/** How sessions ended, by reason; nothing of what happens here is an error of a server. */
async function readEnds({ servers }: Hub, fail: (text: string) => void): Promise<Tally> {
  const ends = new Tally('How sessions ended, as the servers logged it');
  for (const server of servers) {
    for (const line of await server.log()) {
      if (line.message === 'client session ended') ends.add(String(line.reason));
      if (line.level === 'error') fail(`${server.name} logged an error: ${JSON.stringify(line)}`);
    }
  }
  return ends;
}
