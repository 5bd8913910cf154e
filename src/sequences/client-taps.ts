import { WebSocket } from 'ws';
import type { Fetch, WebSocketConstructor } from '../client/index.ts';
import type { Party, Recorded, Tape } from './tape.ts';

/** Messages that come again and again, and are no part of a sequence: heartbeats. */
const HEARTBEAT = '.';

/** The client's ends of its connections. */
export interface ClientTaps {
  readonly WebSocket: WebSocketConstructor;
  readonly fetch: Fetch;
  /** The simulation server has sent it; it is on the tape once it has come. */
  sent(text: string): void;
  /** The connection to the simulation server breaks, without a closing handshake. */
  breakConnection(): void;
}

/**
 * @param tape the tape that runs now
 * @param partyOf who listens at an address
 * @param isLeaving whether the simulation server has begun to end the session: the client's goodbye changes nothing then
 */
export function tapClient(tape: () => Tape, partyOf: (url: string) => Party, isLeaving: () => boolean): ClientTaps {
  const expected: { readonly text: string; readonly recorded: Recorded }[] = [];
  let server: TapedSocket | undefined;

  class TapedSocket extends WebSocket {
    readonly party: Party;
    #isOver = false;

    constructor(url: string) {
      super(url);
      this.party = partyOf(url);
      if (this.party === 'simulation') server = this;
      tape().tell({ from: 'client', to: this.party, text: `WebSocket ${new URL(url).pathname}` });
      this.on('message', (data) => this.#hear(String(data)));
      this.on('close', (code) => {
        if (!this.#isOver) this.#tellEnd(this.party, 'client', code);
      });
    }

    override send(text: string): void {
      tape().tell({ from: 'client', to: this.party, text });
      super.send(text);
    }

    override close(code?: number): void {
      if (!this.#isOver) this.#tellEnd('client', this.party, code ?? 1005);
      super.close(code);
    }

    break(): void {
      this.#isOver = true;
      tape().tell({ from: 'client', to: this.party, text: 'the connection breaks', kind: 'break' });
      this.terminate();
    }

    #hear(text: string): void {
      if (this.party !== 'simulation') {
        const series = /^application\/json:/.test(text) ? 'frames' : undefined;
        tape().tell({ from: this.party, to: 'client', text: spoken(text), ...(series && { series }) });
        return;
      }
      if (text === HEARTBEAT) return;
      const [next] = expected.splice(0, 1);
      if (next?.text !== text) throw new Error(`Expected the message ${next?.text}, got ${text}`);
      tape().arrived(next.recorded);
    }

    #tellEnd(from: Party, to: Party, code: number): void {
      this.#isOver = true;
      const isUnderway = to === 'simulation' && isLeaving();
      if (code === 1006) tape().tell({ from, to, text: 'the connection breaks', kind: 'break' });
      else tape().tell({ from, to, text: `close ${code}`, isUnderway });
    }
  }

  return {
    WebSocket: TapedSocket as unknown as WebSocketConstructor,
    async fetch(url, init) {
      const { pathname, searchParams } = new URL(url);
      const query = searchParams.size === 0 ? '' : '?url=…';
      tape().tell({ from: 'client', to: 'session', text: `GET ${pathname}${query}` });
      const response = await fetch(url, init);
      tape().tell({ from: 'session', to: 'client', text: await response.clone().text(), kind: 'answer' });
      return response;
    },
    sent(text) {
      if (text === HEARTBEAT) return;
      const isStep = /^loading: Step [23]\/4 /.test(text);
      const spokenText = isStep ? 'loading: Step 2/4 and 3/4 : progress' : text;
      const series = isStep ? { series: 'progress', isOften: true } : {};
      const recorded = tape().tell({ from: 'simulation', to: 'client', text: spokenText, isUnderway: true, ...series });
      expected.push({ text, recorded });
    },
    breakConnection: () => {
      server?.break();
      expected.length = 0;
    },
  };
}

/** A message of an engine as a reader takes it in: of long ones what they are. */
function spoken(text: string): string {
  if (text.startsWith('model:')) return 'model:… (the scene as XML)';
  if (text.startsWith('application/json:')) return 'application/json:… (the poses)';
  return text;
}
