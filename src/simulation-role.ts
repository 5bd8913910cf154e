import type { LoadReport } from '../machines/load-monitor.ts';
import { getChild, onReport, type SupervisorRef, supervisor } from '../machines/supervisor.ts';
import { liveConfig } from './config/live-config.ts';
import type { SimulationConfig } from './config/simulation-config.ts';
import { type Remains, ROLE_RESTARTS, type Role } from './role.ts';
import { countEngines, createLoadLog } from './simulation/load-log.ts';
import { createEntrance, type EntranceOptions } from './simulation-role/entrance.ts';
import { createPrograms, type ProgramsOptions } from './simulation-role/programs.ts';
import { createSessions, type SessionsOptions } from './simulation-role/sessions.ts';
import type { Engine } from './webots/engine.ts';

/** What goes on in a server before where there is none. */
const NOTHING: Remains = { sessions: 0, ports: [] };

export interface SimulationRoleOptions extends ProgramsOptions, SessionsOptions, EntranceOptions {
  readonly config: SimulationConfig;
}

/** A simulation server, whose actors get their effects here. */
export interface SimulationRole extends Role {
  readonly engine: Engine;
  /** Puts another configuration in force: for sessions that begin from now on, and for whoever asks. */
  reconfigure(config: SimulationConfig): Promise<void>;
  /** Sessions of which anything is left. */
  readonly sessionCount: () => number;
  /** What sessions hold, by session: empty when nothing is left behind. */
  readonly held: () => ReadonlyMap<string, readonly string[]>;
}

/** @throws AppError `configurationInvalid` if what the configuration asks for is not installed, or another user's */
export async function simulationRole(options: SimulationRoleOptions): Promise<SimulationRole> {
  const current = liveConfig(options.config);
  const config = current.values;
  const before = () => options.predecessor?.remains ?? NOTHING;
  let role: SupervisorRef | undefined;
  const programs = await createPrograms(options, config);
  const sessions = await createSessions(options, {
    config,
    programs,
    before,
    role: () => role,
    streamBase: (session) => entrance.streamBase(session),
    onEnd: (account, end) => entrance.recordEnd(account, end),
  });
  const entrance = createEntrance(options, { config, programs, sessions, before });
  const loadLog = createLoadLog(config.logDir);

  return {
    name: 'simulation',
    engine: programs.engine,
    sessionCount: () => sessions.registry.size,
    held: sessions.held,
    supervisor: supervisor({ ...ROLE_RESTARTS, children: [...programs.children, ...sessions.children] }),
    async listen(actor) {
      role = actor;
      onReport(actor, entrance.recordReport);
      await programs.ready();
      actor.on('load.measured', (event) => {
        const { sample } = event as unknown as LoadReport;
        entrance.recordSample(sample);
        if (config.monitorLogEnabled && !entrance.isRetired)
          loadLog.record(sample, countEngines(getChild(actor, 'engines') as SupervisorRef | undefined));
      });
      return entrance.open();
    },
    serves() {
      if (role) entrance.announce(role);
    },
    async reconfigure(next) {
      current.replace(next);
      await entrance.reannounce();
    },
    port: config.port,
    release: entrance.release,
    resume: entrance.resume,
    retire: entrance.retire,
    remains: entrance.remains,
    async drain(hurry) {
      entrance.stopIntake();
      await sessions.drain(hurry);
    },
    async close() {
      await entrance.close();
      await sessions.close();
      await programs.close();
    },
  };
}
