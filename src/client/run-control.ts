import type { RunState, StreamMessage } from './stream-message.ts';

/** What a client can order; `step` is answered like `pause`. */
export type RunOrder = RunState | 'step';

/** How many orders may be without an answer; beyond it the oldest count as answered (our choice). */
const MOST_UNANSWERED = 32;

/**
 * Knows how the simulation runs from what was ordered and what was heard.
 *
 * An engine tells its state in the same words whether it answers this client or
 * was changed by others. What answers an order settles it; what comes unasked is
 * echoed once, as the public client does, and the answer to the echo settles
 * that: two sides never answer each other for ever. While an order of this
 * client is under way, its answer decides, and nothing is echoed.
 */
export class RunControl {
  /** `undefined` until the engine has told it. */
  state: RunState | undefined;
  readonly #limit: number;
  readonly #unanswered: RunState[] = [];

  /** @param limit simulated milliseconds after which the engine pauses by itself, −1 for never */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The text that orders `order`, to be sent at once. */
  order(order: RunOrder): string {
    this.#unanswered.push(order === 'step' ? 'pause' : order);
    if (this.#unanswered.length > MOST_UNANSWERED) this.#unanswered.shift();
    return order === 'pause' || order === 'step' ? order : `${order}:${this.#limit}`;
  }

  /** Takes what the engine told; returns what is to be sent back, in this order. */
  hear(message: Extract<StreamMessage, { kind: 'pausedByClient' | 'paused' | 'running' }>): string[] {
    const told = message.kind === 'running' ? message.state : 'pause';
    const isAnswer = message.kind !== 'paused' && this.#settle(told);
    const isExpected = isAnswer || message.kind === 'pausedByClient' || this.#unanswered.length > 0;
    const isNews = told !== (this.state ?? 'pause');
    this.state = told;
    const echoes = isNews && !isExpected ? [this.order(told)] : [];
    return told !== 'pause' && this.#limit >= 0 ? [...echoes, `timeout:${this.#limit}`] : echoes;
  }

  /** Whether `state` answers an order; if so, that order and those before it are answered. */
  #settle(state: RunState): boolean {
    const index = this.#unanswered.indexOf(state);
    if (index !== -1) this.#unanswered.splice(0, index + 1);
    return index !== -1;
  }
}
