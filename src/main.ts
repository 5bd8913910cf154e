#!/usr/bin/env node
import { helpText, parseCommandLine, type RunCommand } from './config/command-line.ts';
import { configFile, type LoadedConfig, loadSessionConfig, loadSimulationConfig } from './config/load-config.ts';
import type { SessionConfig } from './config/session-config.ts';
import type { SimulationConfig } from './config/simulation-config.ts';
import { AppError, type ErrorCode } from './errors.ts';
import { createInspector, type Inspector } from './inspection/inspector.ts';
import type { StatelyStream } from './inspection/stately-stream.ts';
import { createLogger, type LogFile, type Logger } from './log.ts';
import { answerDiagnostics } from './operations/diagnostics.ts';
import { roleLogFile } from './operations/log-files.ts';
import { packageVersion } from './package-root.ts';
import type { Role } from './role.ts';
import { createShutdown, INTERNAL_ERROR_STATUS, type Shutdown } from './shutdown.ts';
import { startLines } from './start-lines.ts';
import { startSystem } from './system.ts';

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
  const configs = await loadConfigs(command);
  const files = logFiles(configs);
  // What concerns the whole program stands where users of a session server look first.
  const log = createLogger({ level: command.logLevel, file: files.session ?? files.simulation });
  const shutdown = createShutdown({ log, exit: (status) => process.exit(status) });
  keepRunning(log, shutdown);
  process.on('SIGTERM', shutdown.signalled).on('SIGINT', shutdown.signalled);
  const inspector = createInspector(packageVersion(), (isOn) => log.info({ isOn }, 'inspection switched'));
  process.on('SIGUSR2', () => (inspector.isOn ? inspector.turnOff() : inspector.turnOn()));
  const stream = command.inspect === undefined ? undefined : await inspect(inspector, command.inspect);
  const roles: Role[] = [];
  let engine: string | undefined;
  // The simulation role comes first, so that the session server finds it at its first look.
  if (configs.simulation) {
    const role = await simulation(configs.simulation, command, files.simulation, inspector);
    engine = role.engine.description;
    roles.push(role);
  }
  if (configs.session) roles.push(await session(configs.session, command, files.session, inspector));

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
async function loadConfigs({ role, config: name, port }: RunCommand): Promise<Configs> {
  const overrides = port === undefined ? {} : { port };
  return {
    ...(role !== 'session' && { simulation: await loadSimulationConfig(configFile('simulation', name), overrides) }),
    ...(role !== 'simulation' && { session: await loadSessionConfig(configFile('session', name), overrides) }),
  };
}

function logFiles({ session, simulation }: Configs): LogFiles {
  return {
    session: session && roleLogFile('session', session.config),
    simulation: simulation && roleLogFile('simulation', simulation.config),
  };
}

async function simulation(
  { config, warnings, folder }: LoadedConfig<SimulationConfig>,
  { logLevel }: RunCommand,
  file: LogFile | undefined,
  inspector: Inspector,
) {
  const [{ simulationRole }, { startPages }] = await Promise.all([
    import('./simulation-role.ts'),
    import('./web-assets/pages.ts'),
  ]);
  const log = createLogger({ level: logLevel, role: 'simulation', debug: config.debug, file });
  for (const warning of warnings) log.warn(warning);
  return simulationRole({ config, configFolder: folder, log, assets: await startPages(), inspector });
}

async function session(
  { config, warnings }: LoadedConfig<SessionConfig>,
  { logLevel }: RunCommand,
  file: LogFile | undefined,
  inspector: Inspector,
) {
  const [{ sessionRole }, { startPages }] = await Promise.all([
    import('./session-role.ts'),
    import('./web-assets/pages.ts'),
  ]);
  const log = createLogger({ level: logLevel, role: 'session', debug: config.debug, file });
  for (const warning of warnings) log.warn(warning);
  return sessionRole({ config, log, pages: await startPages(), inspector });
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
