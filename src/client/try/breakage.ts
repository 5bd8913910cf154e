import type { ClientEndReason } from '../events.ts';

/** What broke while trying, and what the person who tries can do about it. */
export class Breakage extends Error {
  override readonly name = 'Breakage';
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

/** What to do about a session that ended too early. */
export const ADVICE: Readonly<Record<ClientEndReason, string>> = {
  left: 'Run the program again.',
  aborted: 'Run the program again.',
  unavailable:
    'Look at /monitor of the session server: every simulation server is full, overloaded or not reachable, or none has the repository in its `allowedRepositories`.',
  sessionServerFailed: 'Start a session server (`npm start`), or name yours by --session.',
  simulationServerFailed:
    'See that the simulation server runs, and that `simulationServers` of the session server names it as clients reach it.',
  refused:
    'Look up the text in docs/errors.md, which says for each what to do; often the URL of the world is wrong, or not in `allowedRepositories` of the simulation server.',
  closed: 'Look at the log of the simulation server.',
  streamFailed:
    'See that the address of the stream can be reached from here, through proxies with WebSockets too, and look at the log of the simulation server.',
  timedOut: 'Look at /monitor and the log of the simulation server: it is overloaded, or its engine hangs.',
};

/** What to do about a session that ended while it streamed: then neither the URL nor the addresses are wrong. */
export const ADVICE_WHILE_STREAMING = 'Look at the log of the simulation server: it says how the engine ended.';
