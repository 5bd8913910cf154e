import type { ReaperOrder, ReaperReport } from './messages.ts';
import type { SpawnedProgram, SpawnProgram } from './program.ts';
import { reapProcesses } from './reap-processes.ts';
import { removeFolder } from './remove-folder.ts';
import type { SessionHoldings } from './session-holdings.ts';

/** Longest wait for the processes of a session that was concluded, in ms: our choice. */
const REAP_TIMEOUT = 5_000;

/** The programs that sessions run, and the end of all their processes. */
export interface SessionPrograms {
  spawn(order: ReaperOrder & { type: 'spawn' }): void;
  signal(program: number, signal: NodeJS.Signals): void;
  /** Nothing more is spawned for the session: processes and folder go when its last program has exited. */
  conclude(session: string): void;
  forget(session: string): void;
  /** Ends every process of a session. @param timeout in ms @throws Error if some are left then */
  reap(session: string, timeout: number): Promise<void>;
}

export interface ProgramTools {
  readonly holdings: SessionHoldings;
  readonly spawnProgram: SpawnProgram;
  /** Resolves when the server has taken the report. */
  tell(report: ReaperReport): Promise<void>;
}

export function sessionPrograms({ holdings, spawnProgram, tell }: ProgramTools): SessionPrograms {
  const programs = new Map<number, { readonly session: string; readonly spawned: SpawnedProgram }>();
  const concluded = new Set<string>();
  /** Concluded sessions whose last program has exited: resolves with whether all their processes are ended. */
  const reapings = new Map<string, Promise<boolean>>();

  function onExited(program: number, session: string): void {
    programs.delete(program);
    if (!concluded.has(session)) return;
    for (const other of programs.values()) if (other.session === session) return;
    const reaping = reapProcesses(holdings.tracesOf(session), REAP_TIMEOUT).then(
      () => true,
      () => false,
    );
    reapings.set(session, reaping);
    void removeAfter(reaping, holdings.folderOf(session));
  }

  return {
    spawn({ program, session, command }) {
      if (concluded.has(session)) {
        const end = { kind: 'failed', code: 'ECANCELED', message: 'The session is over' } as const;
        return void tell({ type: 'ended', program, end });
      }
      const spawned = spawnProgram(session, command, {
        onSpawned(pid) {
          holdings.holdGroup(session, pid);
          void tell({ type: 'spawned', program, pid });
        },
        onOutput: (stream, chunk) => tell({ type: 'output', program, stream, chunk }),
        onExited: () => onExited(program, session),
        onEnded(end) {
          programs.delete(program);
          void tell({ type: 'ended', program, end });
        },
      });
      programs.set(program, { session, spawned });
    },
    signal: (program, signal) => programs.get(program)?.spawned.signal(signal),
    conclude: (session) => void concluded.add(session),
    forget(session) {
      concluded.delete(session);
      reapings.delete(session);
    },
    async reap(session, timeout) {
      if (!(await reapings.get(session))) await reapProcesses(holdings.tracesOf(session), timeout);
    },
  };
}

/** What cannot be removed is removed, or its failure told, when that is asked for. */
async function removeAfter(reaping: Promise<boolean>, folder: string | undefined): Promise<void> {
  if (!(await reaping) || folder === undefined) return;
  await removeFolder(folder).catch(() => {});
}
