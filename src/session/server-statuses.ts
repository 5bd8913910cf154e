import { setTimeout as wait } from 'node:timers/promises';
import { MOST_STATUS_BYTES, readStatus, type ServerStatus, UnreadableStatusError } from '../monitor/server-status.ts';
import { createTextClient, StatusError } from './get-text.ts';
import { type ReadRules, readRules } from './repository-standing.ts';

/** Longest wait for an answer in ms: that for `/load`. */
const PATIENCE = 5_000;

/** Longest wait in ms for the first answer of a server, before it counts as one that says nothing: our choice. */
const FIRST_PATIENCE = 1_000;

/** Times that a server is not asked after an answer that is no status, as of a Python one: our choice, some minutes. */
const PASSED_OVER = 60;

/** What simulation servers say of themselves beside their load. */
export interface ServerStatuses {
  /**
   * Asks a server whose load was just measured; does nothing while a question is open. Nobody waits for the answer but
   * the first time, so that a server is not taken for one that says nothing: then it resolves with the answer, or after
   * a second.
   *
   * @param timeLeft ms, where less time is left than that
   */
  ask(entry: string, timeLeft?: number): Promise<void>;
  /** What was heard last; undefined where nothing was since the last `forget`. */
  of(entry: string): ServerStatus | undefined;
  /** Whose worlds the server runs, as it said last; undefined where it says nothing. */
  rulesOf(entry: string): ReadRules | undefined;
  forget(entry: string): void;
  /** Breaks off all questions. */
  close(): void;
}

export interface StatusTools {
  /** Whether the simulation servers are reached by https. */
  readonly isTls: boolean;
  /** Headers of the next question, by which a server knows that it may say everything. */
  headers?(): Readonly<Record<string, string>>;
  /** Hears that a server has said something, or says nothing any more. */
  onChange(entry: string): void;
}

interface Heard {
  readonly status: ServerStatus;
  readonly rules: ReadRules | undefined;
}

export function createServerStatuses({ isTls, headers = () => ({}), onChange }: StatusTools): ServerStatuses {
  const client = createTextClient(isTls);
  const heard = new Map<string, Heard>();
  const questions = new Map<string, AbortController>();
  /** Servers that have had their time for a first answer. */
  const introduced = new Set<string>();
  /** How many more times a server is passed over. */
  const silent = new Map<string, number>();
  let isClosed = false;

  async function read(entry: string, forgotten: AbortSignal): Promise<void> {
    const url = new URL(`http${isTls ? 's' : ''}://${entry}/status`);
    const signal = AbortSignal.any([forgotten, AbortSignal.timeout(PATIENCE)]);
    try {
      const status = readStatus(await client.getText(url, MOST_STATUS_BYTES, signal, headers()));
      if (forgotten.aborted) return;
      heard.set(entry, { status, rules: status.repositories ? readRules(status.repositories) : undefined });
      onChange(entry);
    } catch (error) {
      if (forgotten.aborted) return;
      // What is wrong with a server its load tells.
      const hasChanged = heard.delete(entry);
      if (error instanceof StatusError || error instanceof UnreadableStatusError) silent.set(entry, PASSED_OVER);
      if (hasChanged) onChange(entry);
    } finally {
      if (!forgotten.aborted) questions.delete(entry);
    }
  }

  function breakOff(entry: string): void {
    questions.get(entry)?.abort();
    questions.delete(entry);
  }

  return {
    async ask(entry, timeLeft = FIRST_PATIENCE) {
      const left = silent.get(entry) ?? 0;
      if (left > 0) silent.set(entry, left - 1);
      if (left > 0 || questions.has(entry) || isClosed) return;
      const abort = new AbortController();
      questions.set(entry, abort);
      const answered = read(entry, abort.signal);
      if (introduced.has(entry)) return;
      introduced.add(entry);
      const patience = new AbortController();
      await Promise.race([
        answered,
        wait(Math.min(FIRST_PATIENCE, timeLeft), undefined, { ref: false, signal: patience.signal }),
      ]);
      patience.abort();
    },
    of: (entry) => heard.get(entry)?.status,
    rulesOf: (entry) => heard.get(entry)?.rules,
    forget(entry) {
      breakOff(entry);
      heard.delete(entry);
      silent.delete(entry);
      introduced.delete(entry);
    },
    close() {
      isClosed = true;
      for (const entry of [...questions.keys()]) breakOff(entry);
      client.close();
    },
  };
}
