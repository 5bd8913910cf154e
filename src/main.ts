#!/usr/bin/env node
import { helpText, parseCommandLine, type RunCommand } from './config/command-line.ts';
import { type KeyEffects, SESSION_KEY_EFFECTS, SIMULATION_KEY_EFFECTS } from './config/key-effects.ts';
import { configFile, type LoadedConfig, loadSessionConfig, loadSimulationConfig } from './config/load-config.ts';
import { followConfig, type Reload } from './config/reload.ts';
import type { SessionConfig } from './config/session-config.ts';
import type { SimulationConfig } from './config/simulation-config.ts';
import { AppError, type ErrorCode } from './errors.ts';
import { createInspector, type Inspector } from './inspection/inspector.ts';
import type { StatelyStream } from './inspection/stately-stream.ts';
import { createLogger, type LeveledLogger, type LogFile, type Logger, type LogLevel } from './log.ts';
import { answerDiagnostics } from './operations/diagnostics.ts';
import { roleLogFile } from './operations/log-files.ts';
import { packageVersion } from './package-root.ts';
import type { Role } from './role.ts';
import { createShutdown, INTERNAL_ERROR_STATUS, type Shutdown } from './shutdown.ts';
import { startLines } from './start-lines.ts';
import { startSystem } from './system.ts';
import { hasTerminal } from './terminal.ts';

/** Exit statuses of sysexits.h: bad usage, service unavailable, configuration error. */
const EXIT_STATUS: Partial<Record<ErrorCode, number>> = {
  commandLineInvalid: 64,
  portTaken: 69,
  bindFailed: 69,
  configurationInvalid: 78,
};

/** Uncaught exceptions in one minute after which the program gives itself up: our choice. */
const MOST_UNCAUGHT = 100;
const MINUTE = 60_000;

try {
  const command = parseCommandLine(process.argv.slice(2));
  if (command.kind === 'help') process.stdout.write(helpText);
  else if (command.kind === 'version') process.stdout.write(`${packageVersion()}\n`);
  else await run(command);
} catch (error) {
  const isExpected = error instanceof AppError;
  process.stderr.write(`webots-hub: ${isExpected ? error.message : (error as Error).stack}\n`);
  process.exitCode = (isExpected && EXIT_STATUS[error.code]) || INTERNAL_ERROR_STATUS;
}

async function run(command: RunCommand): Promise<void> {
  const hadTerminal = hasTerminal();
  const configs = await loadConfigs(command);
  const files = logFiles(configs);
  // What concerns the whole program stands where users of a session server look first.
  const whole = (configs.session ?? configs.simulation)!.config;
  const log = createLogger({ level: command.logLevel ?? whole.logLevel, file: files.session ?? files.simulation });
  const shutdown = createShutdown({ log, exit: (status) => process.exit(status) });
  keepRunning(log, shutdown);
  process.on('SIGTERM', shutdown.signalled).on('SIGINT', shutdown.signalled);
  const reloads: Reload[] = [];
  process.on('SIGHUP', () => {
    // Whoever closes the window of a server wants its end; a server without a window is told to read its files again.
    if (hadTerminal && !hasTerminal()) shutdown.signalled('SIGHUP');
    else for (const reload of reloads) void reload('signal');
  });
  const inspector = createInspector(packageVersion(), (isOn) => log.info({ isOn }, 'inspection switched'));
  process.on('SIGUSR2', () => (inspector.isOn ? inspector.turnOff() : inspector.turnOn()));
  const stream = command.inspect === undefined ? undefined : await inspect(inspector, command.inspect);
  const roles: Role[] = [];
  let engine: string | undefined;
  // The simulation role comes first, so that the session server finds it at its first look.
  if (configs.simulation) {
    const tools = roleTools('simulation', configs.simulation, command, files.simulation, log);
    const role = await simulation(configs.simulation, tools, inspector);
    engine = role.engine.description;
    roles.push(role);
    reloads.push(
      follow(configs.simulation, SIMULATION_KEY_EFFECTS, tools, () => loadSimulation(command), role.reconfigure),
    );
  }
  if (configs.session) {
    const tools = roleTools('session', configs.session, command, files.session, log);
    const role = await session(configs.session, tools, inspector);
    roles.push(role);
    reloads.push(follow(configs.session, SESSION_KEY_EFFECTS, tools, () => loadSession(command), role.reconfigure));
  }

  const system = await startSystem({ roles, log, inspector });
  process.stdout.write(
    startLines({ version: packageVersion(), addresses: system.addresses, engine, stream: stream?.address }),
  );
  answerDiagnostics(system.actorCount);
  shutdown.started(system);
  void system.failed.then((error) => {
    log.error({ error }, 'the root supervisor gave up');
    shutdown.giveUp();
  });
}

/** @throws AppError `portTaken` or `bindFailed` */
async function inspect(inspector: Inspector, port: number | 'usual'): Promise<StatelyStream> {
  const [{ startStatelyStream }, { machineExports }] = await Promise.all([
    import('./inspection/stately-stream.ts'),
    import('./inspection/exports.ts'),
  ]);
  const { definitions } = await machineExports();
  inspector.turnOn();
  return startStatelyStream(
    inspector.recorder,
    (machine) => definitions.get(machine),
    ...(port === 'usual' ? [] : [port]),
  );
}

interface Configs {
  readonly session?: LoadedConfig<SessionConfig>;
  readonly simulation?: LoadedConfig<SimulationConfig>;
}

interface LogFiles {
  readonly session: LogFile | undefined;
  readonly simulation: LogFile | undefined;
}

/** @throws AppError `configurationInvalid` */
async function loadConfigs(command: RunCommand): Promise<Configs> {
  return {
    ...(command.role !== 'session' && { simulation: await loadSimulation(command) }),
    ...(command.role !== 'simulation' && { session: await loadSession(command) }),
  };
}

/** @throws AppError `configurationInvalid` */
function loadSimulation({ config, port }: RunCommand): Promise<LoadedConfig<SimulationConfig>> {
  return loadSimulationConfig(configFile('simulation', config), { port });
}

/** @throws AppError `configurationInvalid` */
function loadSession({ config, port }: RunCommand): Promise<LoadedConfig<SessionConfig>> {
  return loadSessionConfig(configFile('session', config), { port });
}

function logFiles({ session, simulation }: Configs): LogFiles {
  return {
    session: session && roleLogFile('session', session.config),
    simulation: simulation && roleLogFile('simulation', simulation.config),
  };
}

interface RoleTools {
  readonly log: Logger;
  /** The level of the role's log, and with it of what concerns the whole program. */
  readonly levels: { level: LogLevel };
  /** The level that a configuration means, unless the command line has another one. */
  levelOf(config: LevelKeys): LogLevel;
}

type LevelKeys = Pick<SessionConfig, 'logLevel' | 'debug'>;

function roleTools(
  name: Role['name'],
  { config, warnings }: LoadedConfig<LevelKeys>,
  command: RunCommand,
  file: LogFile | undefined,
  wholeLog: LeveledLogger,
): RoleTools {
  const levelOf = ({ logLevel, debug }: LevelKeys) => command.logLevel ?? logLevel ?? (debug ? 'debug' : 'info');
  const log = createLogger({ level: levelOf(config), role: name, file });
  for (const warning of warnings) log.warn(warning);
  const levels = {
    get level() {
      return log.level;
    },
    set level(level) {
      log.level = level;
      wholeLog.level = level;
    },
  };
  return { log, levels, levelOf };
}

/** Keeps a role to its configuration file. */
function follow<Config extends LevelKeys & { readonly watchConfig: boolean }>(
  { config: first, file }: LoadedConfig<Config>,
  effects: KeyEffects<Config>,
  { log, levels, levelOf }: RoleTools,
  load: () => Promise<LoadedConfig<Config>>,
  reconfigure: (config: Config) => Promise<void>,
): Reload {
  return followConfig({
    first,
    file,
    effects,
    load,
    log,
    async apply(config, changed) {
      if (changed.includes('logLevel')) levels.level = levelOf(config);
      await reconfigure(config);
    },
  });
}

async function simulation(
  { config, folder }: LoadedConfig<SimulationConfig>,
  { log, levels }: RoleTools,
  inspector: Inspector,
) {
  const [{ simulationRole }, { startPages }] = await Promise.all([
    import('./simulation-role.ts'),
    import('./web-assets/pages.ts'),
  ]);
  return simulationRole({ config, configFolder: folder, log, levels, assets: await startPages(), inspector });
}

async function session({ config }: LoadedConfig<SessionConfig>, { log, levels }: RoleTools, inspector: Inspector) {
  const [{ sessionRole }, { startPages }] = await Promise.all([
    import('./session-role.ts'),
    import('./web-assets/pages.ts'),
  ]);
  return sessionRole({ config, log, levels, pages: await startPages(), inspector });
}

/**
 * A bug that nobody caught is logged; the program goes on, so that it costs one session and not all of them. Too many
 * are more than that: then it stops, and those that follow are logged no more.
 */
function keepRunning(log: Logger, shutdown: Shutdown): void {
  let recent: number[] = [];
  const survive = (error: unknown) => {
    if (recent.length > MOST_UNCAUGHT) return;
    log.error({ error }, 'uncaught error');
    const now = performance.now();
    recent = [...recent.filter((time) => now - time < MINUTE), now];
    if (recent.length <= MOST_UNCAUGHT) return;
    log.error({ uncaught: recent.length, seconds: MINUTE / 1000 }, 'too many uncaught errors');
    shutdown.giveUp();
  };
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
}
