import type { ServerView } from './choose-server.ts';

/** What the session server answers to `/load` while it knows no load at all, as the Python session server does. */
const NO_LOAD = '-1';

/** Decimal places of a mean load: our choice, far below what a load means. */
const LOAD_PRECISION = 6;

/** Of a server of which nothing was heard. */
const UNKNOWN = { state: 'probing', load: undefined, reserved: 0 } as const;

/** What is known of all simulation servers now: those of the configuration in its order, then those that have joined. Answers are made once a change. */
export class ServerBoard {
  /** Resolves when each server has answered once, or has failed to. */
  readonly heardFromAll: Promise<void>;
  #servers: readonly ServerView[];
  #meanLoad: number | undefined;
  #version = 0;
  #resolveHeard: () => void = () => {};

  constructor(entries: readonly string[]) {
    this.#servers = entries.map((entry) => ({ entry, ...UNKNOWN }));
    this.heardFromAll = new Promise((resolve) => {
      this.#resolveHeard = resolve;
    });
    this.#fold();
  }

  get servers(): readonly ServerView[] {
    return this.#servers;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Mean of the loads that are known, in percent; undefined where none is. */
  get meanLoad(): number | undefined {
    return this.#meanLoad;
  }

  /** The mean load as a decimal number, or `-1` where none is known. */
  get loadText(): string {
    return this.#meanLoad === undefined ? NO_LOAD : String(this.#meanLoad);
  }

  /** @throws Error if no server has this entry */
  find(entry: string): ServerView {
    const server = this.#servers.find((candidate) => candidate.entry === entry);
    if (!server) throw new Error(`Expected one of the simulation servers, got ${entry}`);
    return server;
  }

  /** Replaces the servers of the configuration; of those that stay, what is known stays, and so do those that have joined. */
  configure(entries: readonly string[]): void {
    const known = (entry: string) => this.#servers.find((server) => server.entry === entry);
    const joined = this.#servers.filter(({ entry, isJoined }) => isJoined && !entries.includes(entry));
    this.#change([...entries.map((entry) => known(entry) ?? { entry, ...UNKNOWN }), ...joined]);
  }

  /** Takes a server in that has joined. */
  add(entry: string): void {
    this.#change([...this.#servers, { entry, ...UNKNOWN, isJoined: true }]);
  }

  remove(entry: string): void {
    this.#change(this.#servers.filter((server) => server.entry !== entry));
  }

  /** Takes note of what has changed about the server with this entry. */
  record(entry: string, change: Partial<Omit<ServerView, 'entry'>>): void {
    this.#change(this.#servers.map((server) => (server.entry === entry ? { ...server, ...change } : server)));
  }

  #change(servers: readonly ServerView[]): void {
    this.#servers = servers;
    this.#version++;
    this.#fold();
  }

  #fold(): void {
    const loads = this.#servers.flatMap(({ load }) => load ?? []);
    const sum = loads.reduce((total, load) => total + load, 0);
    this.#meanLoad = loads.length === 0 ? undefined : Number((sum / loads.length).toFixed(LOAD_PRECISION));
    if (this.#servers.every(({ state }) => state !== 'probing')) this.#resolveHeard();
  }
}
