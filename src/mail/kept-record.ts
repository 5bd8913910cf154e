import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fromCallback } from 'xstate';
import * as z from 'zod';
import type { MailRecord, RecordChange, ToldState } from '../../machines/mailer.ts';
import type { Logger } from '../log.ts';
import { makePrivateFolder } from '../operations/private-folder.ts';

/** Only our user may read what is kept. */
const PRIVATE_FILE = 0o600;

/** Longest file that is read, in bytes: our choice, more than all that is ever kept. */
const MOST_BYTES = 10_000_000;

/** Format of the file; another one is not read. */
const FORMAT = 1;

const time = z.number();
const state = z.enum(['available', 'overloaded', 'draining', 'unreachable'] satisfies ToldState[]);
const count = z.int().min(0);
const digest = z.object({
  entry: z.string(),
  state,
  at: time,
  load: z.number().optional(),
  problem: z.string().optional(),
  before: state,
  beforeSince: time.optional(),
  firstAt: time,
  entered: z.object({ available: count, overloaded: count, draining: count, unreachable: count }),
});
const keptFile = z.object({
  format: z.literal(FORMAT),
  known: z.record(z.string(), z.object({ state, at: time.optional(), isAbsent: z.boolean().optional() })),
  waiting: z.array(digest),
  mail: z.object({ number: count, servers: z.array(digest), available: count, all: count }).optional(),
  failures: count.optional(),
  mails: count,
});

export interface KeptRecordOptions {
  readonly logDir: string;
  /** TCP port of the session server, which tells it from others with the same `logDir`. */
  readonly port: number;
  readonly log: Logger;
}

/** The record of the mailer in `<logDir>/session/mails-<port>.json`: what it has told, and what waits. */
export interface KeptRecord {
  /** What was kept last, by this process or by one before it; undefined where there is nothing. */
  latest(): MailRecord | undefined;
  /** Reads the file anew: another process may have written it. */
  reread(): void;
  /** The `keeper` actor of `mailerMachine`. */
  readonly keeper: ReturnType<typeof keeperOf>;
}

/**
 * Each change is in the file before the mailer goes on, so that none is lost when the process ends. Where it cannot be
 * written, which a line of the log says, the record lasts as long as the process.
 */
export function createKeptRecord({ logDir, port, log }: KeptRecordOptions): KeptRecord {
  const path = join(resolve(logDir), 'session', `mails-${port}.json`);
  let latest: MailRecord | undefined;
  let written: string | undefined;
  let isFailing = false;

  function keep(record: MailRecord): void {
    latest = record;
    const text = JSON.stringify({ format: FORMAT, ...record });
    if (text === written) return;
    try {
      makePrivateFolder(dirname(path));
      writeFileSync(`${path}.tmp`, text, { mode: PRIVATE_FILE });
      renameSync(`${path}.tmp`, path);
      written = text;
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ problem: (error as Error).message }, 'mails that wait cannot be kept');
      isFailing = true;
    }
  }

  function reread(): void {
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) return;
      if (found.size > MOST_BYTES) throw new Error(`Expected at most ${MOST_BYTES} bytes, got ${found.size}`);
      const { format: _, ...record } = keptFile.parse(JSON.parse(readFileSync(path, 'utf8')));
      latest = record;
    } catch (error) {
      const problem = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      log.warn({ path, problem }, 'mails that waited cannot be read');
    }
  }

  return { latest: () => latest, reread, keeper: keeperOf(keep) };
}

function keeperOf(keep: (record: MailRecord) => void) {
  return fromCallback<RecordChange>(({ receive }) => receive(({ record }) => keep(record)));
}
