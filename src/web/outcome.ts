import type { ClientEndReason, SessionEnd } from '../client/index.ts';
import { byId } from './elements.ts';

const WAIT = 'Wait until the light at the top says that a simulation can be started, then start again.';
const BUSY = `Every simulation server is full, or its machine is busy; the monitor, below, shows which. ${WAIT}`;
const AGAIN = 'Start again. If it stays so, tell who runs this server.';

/** What the person before the page can do about a session that did not come to stream. */
const ADVICE: Readonly<Record<ClientEndReason, string>> = {
  left: '',
  aborted: '',
  unavailable: BUSY,
  sessionServerFailed: 'See that this computer is online, and start again. If it stays so, tell who runs this server.',
  simulationServerFailed: AGAIN,
  refused: 'Check the address of the world: the owner, the repository, the branch and the name of the file.',
  closed: AGAIN,
  streamFailed: 'Start again. If it stays so, a firewall may be in the way: tell who runs this server.',
  timedOut: 'Start again later: the server is busy, or the project is very large.',
};

/** Refusals of which only the words are known, also those of webots-server. */
const REFUSALS: readonly { readonly text: RegExp; readonly advice: string }[] = [
  {
    text: /^(?:No simulation server here runs|Docker not enabled|This simulation server is not configured to share|Cannot share idle time|Cannot run simulation from blocked)/,
    advice: 'This server runs worlds of chosen repositories only: ask who runs it to allow this one.',
  },
  {
    text: /^The simulation servers for this repository are away/,
    advice: 'Start again in a few minutes. If it stays so, tell who runs this server.',
  },
  { text: /^The simulation server (?:is full|is being stopped|takes no new)/, advice: WAIT },
  {
    text: /^Too many simulations of one (?:address|repository)/,
    advice: 'Leave another simulation, or wait until one has ended, then start again.',
  },
  {
    text: / (?:is larger than the|has more than the) .* allowed\.$/,
    advice: 'Ask who runs this server to take larger projects, or put the world into a smaller one.',
  },
  {
    text: /^Expected a mode that /,
    advice: 'Choose under Advanced that the picture is drawn by this browser, and start again.',
  },
];

/** How the last session ended, in words, until the next one begins. */
export class Outcome {
  readonly #panel = byId('outcome', HTMLElement);
  readonly #title = byId('outcome-title', HTMLElement);
  readonly #text = byId('outcome-text', HTMLElement);
  readonly #advice = byId('outcome-advice', HTMLElement);
  readonly #number = byId('outcome-number', HTMLElement);

  hide(): void {
    this.#panel.hidden = true;
  }

  show(end: SessionEnd, wasStreaming: boolean): void {
    const { reason, text, postMortem } = end;
    const isFailure = reason !== 'left' && reason !== 'aborted';
    this.#panel.dataset.kind = isFailure ? 'failure' : 'calm';
    this.#title.textContent = isFailure ? failureTitle(wasStreaming) : 'You left the simulation';
    this.#text.textContent = isFailure ? text : 'The simulation was closed, and nothing of it is kept.';
    this.#advice.textContent = isFailure && wasStreaming ? AGAIN : adviceFor(end);
    byId('outcome-post-mortem', HTMLElement).hidden = !isFailure || postMortem === undefined;
    this.#number.textContent = postMortem ?? '';
    this.#panel.hidden = false;
  }
}

function failureTitle(wasStreaming: boolean): string {
  return wasStreaming ? 'The simulation ended' : 'The simulation could not be started';
}

function adviceFor({ reason, text, postMortem }: SessionEnd): string {
  if (reason !== 'refused' && reason !== 'unavailable') return ADVICE[reason];
  const known = REFUSALS.find((refusal) => refusal.text.test(text))?.advice;
  if (reason === 'unavailable') return known ?? ADVICE[reason];
  // The server keeps record of what was not the client's mistake.
  return known ?? (postMortem === undefined ? ADVICE.refused : AGAIN);
}
