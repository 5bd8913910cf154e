/**
 * The reaper of one simulation server: spawns its programs, ends them, and
 * removes what sessions leave, in a process of its own, whose work holds up no
 * request. When the server is gone, in whatever way, it ends all that is left
 * of the server's sessions and then itself.
 *
 * Started by `reaper.ts` with an IPC channel; arguments: the folder that holds
 * `ledger/` and `instances/`.
 */
import { join } from 'node:path';
import { openLedger } from './ledger.ts';
import { listeningPorts } from './listening-ports.ts';
import { machineIdentity } from './machine-identity.ts';
import { measureTree } from './measure-tree.ts';
import type { ReaperCall, ReaperOrder, ReaperReport } from './messages.ts';
import { findProcess, hasProcessTable, type ProcessIdentity } from './process-table.ts';
import { removeFolder } from './remove-folder.ts';
import { type SessionHoldings, sessionHoldings } from './session-holdings.ts';
import { type SessionPrograms, sessionPrograms } from './session-programs.ts';
import { measureSessions } from './session-usage.ts';
import { programSpawner } from './spawn-program.ts';
import { sweepOrphans } from './sweep.ts';
import { findTether } from './tether.ts';

/** Orders that end a whole terminal's or service's processes: the server ends, and the reaper when the server has. */
const OUTLIVED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const [projects] = process.argv.slice(2);
if (projects === undefined || !process.send) throw new Error('Expected to be started by a simulation server');
process.title = 'webots-hub reaper';
for (const signal of OUTLIVED_SIGNALS) process.on(signal, () => {});

const notice = (message: string): void => void tell({ type: 'noticed', message });
const identityOf = (pid: number): ProcessIdentity => findProcess(pid) ?? { pid, startTime: 0 };
const machine = machineIdentity();
const owner = identityOf(process.ppid);
const ledger = openLedger(join(projects, 'ledger'), notice);
const begun = begin();

process.once('disconnect', endAll);
// It may have come before anybody listened.
if (!process.connected) void endAll();
process.on('message', (order: ReaperOrder) => void obey(order));

async function begin(): Promise<{ readonly holdings: SessionHoldings; readonly programs: SessionPrograms }> {
  const instances = join(projects!, 'instances');
  const [tether, { ended, adopted }] = await Promise.all([
    findTether(),
    sweepOrphans({ ledger, instances, machine, owner, report: notice }),
  ]);
  const means = ['ledger', ...(hasProcessTable ? ['process table'] : []), ...(tether.length > 0 ? ['pdeathsig'] : [])];
  void tell({ type: 'ready', ended, means });
  const reaper = identityOf(process.pid);
  const holdings = sessionHoldings({ ledger, machine, owner, reaper, report: notice, adopted });
  return { holdings, programs: sessionPrograms({ holdings, spawnProgram: programSpawner(tether), tell }) };
}

async function endAll(): Promise<void> {
  process.off('disconnect', endAll);
  await (await begun).holdings.endAll();
  process.exit(0);
}

async function obey(order: ReaperOrder): Promise<void> {
  const { holdings, programs } = await begun;
  switch (order.type) {
    case 'spawn':
      return programs.spawn(order);
    case 'signal':
      return programs.signal(order.program, order.signal);
    case 'conclude':
      return programs.conclude(order.session);
    case 'call':
      return answer(order.call, holdings, programs).then(
        (numbers) => tell({ type: 'answered', id: order.id, answer: numbers }),
        ({ code, message }: NodeJS.ErrnoException) => tell({ type: 'refused', id: order.id, code, message }),
      );
  }
}

/** @throws Error whose message and code are passed on */
async function answer(call: ReaperCall, held: SessionHoldings, programs: SessionPrograms): Promise<readonly number[]> {
  switch (call.kind) {
    case 'hold': {
      const { session, folder, port } = call;
      held.hold(session, { ...(folder !== undefined && { folder }), ...(port !== undefined && { port }) });
      return [];
    }
    case 'forget':
      held.forget(call.session);
      programs.forget(call.session);
      return [];
    case 'reap':
      await programs.reap(call.session, call.timeout);
      return [];
    case 'listeningPorts':
      return listeningPorts(held.tracesOf(call.session));
    case 'measureSessions':
      return measureSessions(call.sessions.map(held.tracesOf));
    case 'removeFolder':
      await removeFolder(call.folder);
      return [];
    case 'measureFolder': {
      const { bytes, count } = await measureTree(call.folder, call);
      return [bytes, count];
    }
  }
}

/** Resolves when the server's end of the channel has taken the report, or is gone. */
function tell(report: ReaperReport): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send!(report, undefined, undefined, () => resolve());
  });
}
