import type { Ledger, LedgerEntry } from './ledger.ts';
import type { MachineIdentity } from './machine-identity.ts';
import { findProcess, type ProcessIdentity, type SessionTraces } from './process-table.ts';
import { reapProcesses } from './reap-processes.ts';
import { removeFolder } from './remove-folder.ts';
import { groupsOf, ORPHAN_TIMEOUT } from './sweep.ts';

/** What one session holds, as far as a reaper knows. */
interface Holdings {
  readonly folder?: string;
  readonly port?: number;
  readonly groups: readonly ProcessIdentity[];
}

/** What the sessions of one server hold, in memory and in the ledger. */
export interface SessionHoldings {
  /** @throws Error of the system if it cannot be noted down */
  hold(session: string, holding: { folder?: string; port?: number }): void;
  /** Notes down the process group that a program of the session leads. */
  holdGroup(session: string, leader: number): void;
  forget(session: string): void;
  tracesOf(session: string): SessionTraces;
  folderOf(session: string): string | undefined;
  /** Ends the processes and removes the folders of all sessions: their server is gone. */
  endAll(): Promise<void>;
}

export interface HoldingsTools {
  readonly ledger: Ledger;
  readonly machine: MachineIdentity;
  readonly owner: ProcessIdentity;
  readonly reaper: ProcessIdentity;
  readonly report: (message: string) => void;
  /** Sessions of this server that an earlier reaper knew. */
  readonly adopted: readonly LedgerEntry[];
}

export function sessionHoldings({ ledger, machine, owner, reaper, report, adopted }: HoldingsTools): SessionHoldings {
  const sessions = new Map<string, Holdings>(
    adopted.map(({ session, folder, port, groups }) => [
      session,
      { ...(folder !== undefined && { folder }), ...(port !== undefined && { port }), groups },
    ]),
  );

  function record(session: string, change: Partial<Holdings>): void {
    const holdings = { groups: [], ...sessions.get(session), ...change };
    sessions.set(session, holdings);
    ledger.write({ session, machine, owner, reaper, ...holdings });
  }

  function tracesOf(session: string): SessionTraces {
    const groups = groupsOf(sessions.get(session) ?? { groups: [] });
    return { session, groups, since: owner.startTime };
  }

  async function end(session: string): Promise<void> {
    try {
      await reapProcesses(tracesOf(session), ORPHAN_TIMEOUT);
      const folder = sessions.get(session)?.folder;
      if (folder !== undefined) await removeFolder(folder);
      ledger.remove(session);
    } catch (error) {
      report(`Session ${session} could not be ended: ${String(error)}`);
    }
  }

  return {
    hold: record,
    holdGroup(session, leader) {
      const identity = findProcess(leader);
      // A program that has ended already holds nothing, or else by its mark.
      if (!identity) return;
      const running = (sessions.get(session)?.groups ?? []).filter(({ pid }) => findProcess(pid) !== undefined);
      try {
        record(session, { groups: [...running, identity] });
      } catch (error) {
        report(`The ledger could not be written: ${String(error)}`);
      }
    },
    forget(session) {
      sessions.delete(session);
      ledger.remove(session);
    },
    tracesOf,
    folderOf: (session) => sessions.get(session)?.folder,
    async endAll() {
      await Promise.all([...sessions.keys()].map(end));
    },
  };
}
