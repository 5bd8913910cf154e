import type { ClientEndReason, SessionEnd } from '../client/index.ts';
import { byId } from './elements.ts';

const AGAIN = 'Start again. If it stays so, tell who runs this server.';

/** What the person before the page can do about a session that did not come to stream. */
const ADVICE: Readonly<Record<ClientEndReason, string>> = {
  left: '',
  aborted: '',
  unavailable: 'Wait until the light at the top says that a simulation can be started, then start again.',
  sessionServerFailed: 'See that this computer is online, and start again. If it stays so, tell who runs this server.',
  simulationServerFailed: AGAIN,
  refused: 'Check the address of the world: the owner, the repository, the branch and the name of the file.',
  closed: AGAIN,
  streamFailed: 'Start again. If it stays so, a firewall may be in the way: tell who runs this server.',
  timedOut: 'Start again later: the server is busy, or the project is very large.',
};

/** How simulation servers, also those of webots-server, begin to say that they do not run worlds of this repository. */
const NOT_ALLOWED =
  /^(?:Docker not enabled|This simulation server is not configured to share|Cannot share idle time|Cannot run simulation from blocked)/;

const ADVICE_NOT_ALLOWED = 'This server runs worlds of chosen repositories only: ask who runs it to allow this one.';

/** How the last session ended, in words, until the next one begins. */
export class Outcome {
  readonly #panel = byId('outcome', HTMLElement);
  readonly #title = byId('outcome-title', HTMLElement);
  readonly #text = byId('outcome-text', HTMLElement);
  readonly #advice = byId('outcome-advice', HTMLElement);

  hide(): void {
    this.#panel.hidden = true;
  }

  show({ reason, text }: SessionEnd, wasStreaming: boolean): void {
    const isFailure = reason !== 'left' && reason !== 'aborted';
    this.#panel.dataset.kind = isFailure ? 'failure' : 'calm';
    this.#title.textContent = isFailure ? failureTitle(wasStreaming) : 'You left the simulation';
    this.#text.textContent = isFailure ? text : 'The simulation was closed, and nothing of it is kept.';
    this.#advice.textContent = isFailure && wasStreaming ? AGAIN : adviceFor(reason, text);
    this.#panel.hidden = false;
  }
}

function failureTitle(wasStreaming: boolean): string {
  return wasStreaming ? 'The simulation ended' : 'The simulation could not be started';
}

function adviceFor(reason: ClientEndReason, text: string): string {
  return reason === 'refused' && NOT_ALLOWED.test(text) ? ADVICE_NOT_ALLOWED : ADVICE[reason];
}
