import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { MachineIdentity } from './machine-identity.ts';
import { isRunning, type ProcessIdentity } from './process-table.ts';
import { reapProcesses } from './reap-processes.ts';
import { removeFolder } from './remove-folder.ts';

/** Longest wait for the processes of one orphaned session, in ms: our choice. */
export const ORPHAN_TIMEOUT = 5_000;

/** Longest wait for another reaper that still ends what its server has left, in ms, and between two looks. Our choice. */
const REAPER_WAIT = 10_000;
const REAPER_POLL = 20;

/** Folders of sessions are named by their ids; others are not touched. */
const SESSION_FOLDER = /^[0-9a-f]{32}$/;

export interface Sweep {
  readonly ledger: Ledger;
  /** Folder that holds one folder a session. */
  readonly instances: string;
  readonly machine: MachineIdentity;
  /** The server for which this is done. */
  readonly owner: ProcessIdentity;
  readonly report: (message: string) => void;
}

/** What was found of earlier servers. */
export interface SweptSessions {
  /** Sessions of dead servers, of which nothing is left now. */
  readonly ended: readonly string[];
  /** Sessions of this very server, whose reaper has died. */
  readonly adopted: readonly LedgerEntry[];
}

/**
 * Ends what dead servers have left behind, and only that: entries of servers
 * that live, and of other machines that use the same disk, stay as they are.
 */
export async function sweepOrphans(sweep: Sweep): Promise<SweptSessions> {
  const { ledger, instances, machine, owner } = sweep;
  mkdirSync(instances, { recursive: true });
  // First the folders: each is noted down before it is made, so that one of a living server is in the ledger by then.
  const folders = readdirSync(instances).filter((name) => SESSION_FOLDER.test(name));
  const { entries, unread } = ledger.read();
  const adopted = entries.filter((entry) => isHere(entry, machine) && isSame(entry.owner, owner));
  const orphans = entries.filter((entry) => isOrphan(entry, machine));
  const [swept] = await Promise.all([
    Promise.all(orphans.map((orphan) => sweepOrphan(orphan, sweep))),
    ...adopted.map((entry) => endLostPrograms(entry, sweep)),
  ]);
  const known = new Set([...entries.map(({ session }) => session), ...unread]);
  await Promise.all(
    folders
      .filter((name) => !known.has(name))
      .map((name) => removeFolder(join(instances, name)).catch((error) => sweep.report(String(error)))),
  );
  return { ended: swept.filter((session) => session !== undefined), adopted };
}

/** Groups that are a session's for certain: their leaders run, and are the ones that were noted down. */
export function groupsOf({ groups }: Pick<LedgerEntry, 'groups'>): Set<number> {
  return new Set(groups.filter(isRunning).map(({ pid }) => pid));
}

async function sweepOrphan(orphan: LedgerEntry, sweep: Sweep): Promise<string | undefined> {
  const { session, owner, folder } = orphan;
  try {
    if (isHere(orphan, sweep.machine)) {
      await reaperGone(orphan.reaper);
      await reapProcesses({ session, groups: groupsOf(orphan), since: owner.startTime }, ORPHAN_TIMEOUT);
    }
    // An entry that was tampered with must not cost anything else.
    if (folder !== undefined && dirname(folder) === sweep.instances) await removeFolder(folder);
    sweep.ledger.remove(session);
    return session;
  } catch (error) {
    sweep.report(`Session ${session} of a server that is gone could not be ended: ${String(error)}`);
    return undefined;
  }
}

/** The server takes the programs of a reaper that has died for ended: now they are. */
async function endLostPrograms(adopted: LedgerEntry, { owner, report }: Sweep): Promise<void> {
  const { session } = adopted;
  await reapProcesses({ session, groups: groupsOf(adopted), since: owner.startTime }, ORPHAN_TIMEOUT).catch((error) =>
    report(`Programs of session ${session} could not be ended: ${String(error)}`),
  );
}

/** It does by itself what is done here, a moment after its server's end. */
async function reaperGone(reaper: ProcessIdentity): Promise<void> {
  for (const deadline = performance.now() + REAPER_WAIT; isRunning(reaper) && performance.now() < deadline; ) {
    await delay(REAPER_POLL);
  }
}

/** Whether the numbers of processes in the entry are those of this machine, since its last start. */
function isHere({ machine }: LedgerEntry, here: MachineIdentity): boolean {
  return machine.host === here.host && machine.bootId === here.bootId && machine.pidNamespace === here.pidNamespace;
}

function isOrphan(entry: LedgerEntry, here: MachineIdentity): boolean {
  if (entry.machine.host !== here.host) return false;
  return !isHere(entry, here) || !isRunning(entry.owner);
}

function isSame(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startTime === other.startTime;
}
