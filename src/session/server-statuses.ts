import { readStatus, type ServerStatus, UnreadableStatusError } from '../monitor/server-status.ts';
import { createTextClient, StatusError } from './get-text.ts';

/** Longest answer that is read, in bytes: our choice; one has some hundreds. */
const MOST_BYTES = 4_096;

/** Longest wait for an answer in ms: that for `/load`. */
const PATIENCE = 5_000;

/** Times that a server is not asked after an answer that is no status, as of a Python one: our choice, some minutes. */
const PASSED_OVER = 60;

/** What simulation servers say of themselves beside their load. Nothing waits for it, and nothing depends on it. */
export interface ServerStatuses {
  /** Asks a server whose load was just measured; does nothing while a question is open. */
  ask(entry: string): void;
  /** What was heard last; undefined where nothing was since the last `forget`. */
  of(entry: string): ServerStatus | undefined;
  forget(entry: string): void;
  /** Breaks off all questions. */
  close(): void;
}

/**
 * @param isTls whether the simulation servers are reached by https
 * @param onChange hears that a server has said something
 */
export function createServerStatuses(isTls: boolean, onChange: () => void): ServerStatuses {
  const client = createTextClient(isTls);
  const closing = new AbortController();
  const statuses = new Map<string, ServerStatus>();
  const asked = new Set<string>();
  /** How many more times a server is passed over. */
  const silent = new Map<string, number>();

  async function read(entry: string): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      const answer = await client.getText(new URL(`http${isTls ? 's' : ''}://${entry}/status`), MOST_BYTES, signal);
      statuses.set(entry, readStatus(answer));
      onChange();
    } catch (error) {
      // What is wrong with a server its load tells.
      statuses.delete(entry);
      if (error instanceof StatusError || error instanceof UnreadableStatusError) silent.set(entry, PASSED_OVER);
    } finally {
      asked.delete(entry);
    }
  }

  return {
    ask(entry) {
      const left = silent.get(entry) ?? 0;
      if (left > 0) silent.set(entry, left - 1);
      if (left > 0 || asked.has(entry) || closing.signal.aborted) return;
      asked.add(entry);
      void read(entry);
    },
    of: (entry) => statuses.get(entry),
    forget(entry) {
      statuses.delete(entry);
      silent.delete(entry);
    },
    close() {
      closing.abort();
      client.close();
    },
  };
}
