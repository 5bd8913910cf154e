import { type KeyEffects, SESSION_KEY_EFFECTS, SIMULATION_KEY_EFFECTS } from './config/key-effects.ts';
import type { LoadedConfig } from './config/load-config.ts';
import { type Following, followConfig } from './config/reload.ts';
import type { SessionConfig } from './config/session-config.ts';
import type { SimulationConfig } from './config/simulation-config.ts';
import type { Inspector } from './inspection/inspector.ts';
import { createLogger, type LeveledLogger, type LogFile, type LogLevel } from './log.ts';
import type { Predecessor, Role } from './role.ts';

/** What a role is made of. */
export interface RoleSetting<Config> {
  readonly loaded: LoadedConfig<Config>;
  /** Reads the configuration file again. @throws AppError `configurationInvalid` */
  load(): Promise<LoadedConfig<Config>>;
  /** The level that the command line has, which counts instead of the configuration's. */
  readonly logLevel: LogLevel | undefined;
  /** Where the role's log goes, where that is not standard output. */
  readonly file: LogFile | undefined;
  /** The log of what concerns the whole program, whose level is the role's. */
  readonly programLog: LeveledLogger;
  readonly inspector: Inspector;
  readonly predecessor: Predecessor | undefined;
}

/** A role that keeps to its configuration file. */
export interface ConfiguredRole {
  readonly role: Role;
  readonly following: Following;
  /** Description of the engine, where there is one. */
  readonly engine?: string;
}

type CommonKeys = Pick<SessionConfig, 'logLevel' | 'debug' | 'watchConfig'>;

/** @throws AppError `configurationInvalid` if what the configuration asks for is not installed */
export async function configuredSimulation(setting: RoleSetting<SimulationConfig>): Promise<ConfiguredRole> {
  const [{ simulationRole }, { startPages }] = await Promise.all([
    import('./simulation-role.ts'),
    import('./web-assets/pages.ts'),
  ]);
  const { config, folder } = setting.loaded;
  const tools = toolsOf('simulation', setting);
  const assets = await startPages();
  const role = await simulationRole({ config, configFolder: folder, assets, ...tools });
  const following = follow(setting, SIMULATION_KEY_EFFECTS, tools, role.reconfigure);
  return { role, following, engine: role.engine.description };
}

export async function configuredSession(setting: RoleSetting<SessionConfig>): Promise<ConfiguredRole> {
  const [{ sessionRole }, { startPages }] = await Promise.all([
    import('./session-role.ts'),
    import('./web-assets/pages.ts'),
  ]);
  const tools = toolsOf('session', setting);
  const role = sessionRole({ config: setting.loaded.config, pages: await startPages(), ...tools });
  return { role, following: follow(setting, SESSION_KEY_EFFECTS, tools, role.reconfigure) };
}

function levelOf({ logLevel, debug }: CommonKeys): LogLevel {
  return logLevel ?? (debug ? 'debug' : 'info');
}

function toolsOf(name: Role['name'], setting: RoleSetting<CommonKeys>) {
  const { loaded, logLevel, file, programLog, inspector, predecessor } = setting;
  const log = createLogger({ level: logLevel ?? levelOf(loaded.config), role: name, file });
  for (const warning of loaded.warnings) log.warn(warning);
  const levels = {
    get level() {
      return log.level;
    },
    set level(level) {
      log.level = level;
      programLog.level = level;
    },
  };
  return { log, levels, inspector, predecessor };
}

function follow<Config extends CommonKeys>(
  { loaded, load, logLevel }: RoleSetting<Config>,
  effects: KeyEffects<Config>,
  { log, levels }: ReturnType<typeof toolsOf>,
  reconfigure: (config: Config) => Promise<void>,
): Following {
  return followConfig({
    first: loaded.config,
    file: loaded.file,
    effects,
    load,
    log,
    async apply(config, changed) {
      if (changed.includes('logLevel')) levels.level = logLevel ?? levelOf(config);
      await reconfigure(config);
    },
  });
}
