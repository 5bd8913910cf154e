import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineIdentity } from './machine-identity.ts';
import type { ProcessIdentity } from './process-table.ts';

/** Format of the entries; another one's are not read. */
const VERSION = 1;

/** Only our user may read and write. */
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** What a session holds of the operating system, and whose it is. */
export interface LedgerEntry {
  readonly version: typeof VERSION;
  readonly session: string;
  readonly machine: MachineIdentity;
  /** The server that serves the session. */
  readonly owner: ProcessIdentity;
  /** The process that ends the session's processes if the owner cannot. */
  readonly reaper: ProcessIdentity;
  /** Absolute path of the session's folder. */
  readonly folder?: string;
  /** TCP port of its engine. */
  readonly port?: number;
  /** Process groups, by their leaders. */
  readonly groups: readonly ProcessIdentity[];
}

export type LedgerFacts = Omit<LedgerEntry, 'version'>;

/**
 * What sessions hold, in a file each, for a next start that finds what a
 * sudden end has left. A file is written whole or not at all.
 */
export interface Ledger {
  /** @throws Error of the system, e.g. on a full disk */
  write(entry: LedgerFacts): void;
  remove(session: string): void;
  /**
   * All entries, also those of other servers that use the same folder, and the sessions whose entries the system did
   * not let be read. A file that is no entry is removed, and reported.
   */
  read(): { readonly entries: readonly LedgerEntry[]; readonly unread: readonly string[] };
}

/** @throws Error of the system if the folder cannot be made */
export function openLedger(folder: string, report: (message: string) => void): Ledger {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const file = (session: string) => join(folder, `${session}.json`);
  return {
    write(entry) {
      const draft = join(folder, `.${entry.session}.draft`);
      try {
        writeFileSync(draft, JSON.stringify({ version: VERSION, ...entry }), { mode: PRIVATE_FILE });
        renameSync(draft, file(entry.session));
      } catch (error) {
        rmSync(draft, { force: true });
        throw error;
      }
    },
    remove: (session) => rmSync(file(session), { force: true }),
    read() {
      const entries: LedgerEntry[] = [];
      const unread: string[] = [];
      for (const name of readdirSync(folder)) {
        if (!name.endsWith('.json')) continue;
        const session = name.slice(0, -'.json'.length);
        try {
          const entry = parseEntry(readFileSync(join(folder, name), 'utf8'));
          if (entry?.session === session) {
            entries.push(entry);
            continue;
          }
          report(`Expected an entry of version ${VERSION} in the ledger, removed ${name}`);
          rmSync(join(folder, name), { force: true });
        } catch (error) {
          // Its server may have struck it out meanwhile.
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
          report(`Expected to read the entry ${name} of the ledger, left it: ${String(error)}`);
          unread.push(session);
        }
      }
      return { entries, unread };
    },
  };
}

/** Undefined for what is no entry. */
function parseEntry(text: string): LedgerEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is LedgerEntry {
  const entry = value as LedgerEntry | null;
  return (
    entry?.version === VERSION &&
    typeof entry.session === 'string' &&
    typeof entry.machine?.host === 'string' &&
    isIdentity(entry.owner) &&
    isIdentity(entry.reaper) &&
    ['string', 'undefined'].includes(typeof entry.folder) &&
    Array.isArray(entry.groups) &&
    entry.groups.every(isIdentity)
  );
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const identity = value as ProcessIdentity | null;
  return Number.isInteger(identity?.pid) && identity!.pid > 0 && Number.isInteger(identity!.startTime);
}
