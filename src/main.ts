#!/usr/bin/env node
import { constants } from 'node:os';
import { helpText, parseCommandLine, type RunCommand } from './config/command-line.ts';
import { configFile, type LoadedConfig, loadSessionConfig, loadSimulationConfig } from './config/load-config.ts';
import type { Following } from './config/reload.ts';
import type { SessionConfig } from './config/session-config.ts';
import type { SimulationConfig } from './config/simulation-config.ts';
import { type ConfiguredRole, configuredSession, configuredSimulation } from './configured-role.ts';
import { AppError, type ErrorCode } from './errors.ts';
import { type HandOver, offerHandOver } from './handover/hand-over.ts';
import { createPredecessor, type TakenOver } from './handover/predecessor.ts';
import { createInspector, type Inspector } from './inspection/inspector.ts';
import type { StatelyStream } from './inspection/stately-stream.ts';
import { createLogger, type LogFile, type Logger } from './log.ts';
import { answerDiagnostics } from './operations/diagnostics.ts';
import { roleLogFile } from './operations/log-files.ts';
import { packageVersion } from './package-root.ts';
import type { Role } from './role.ts';
import { createShutdown, INTERNAL_ERROR_STATUS, type Shutdown } from './shutdown.ts';
import { startLines } from './start-lines.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';
import { hasTerminal, watchHangUp } from './terminal.ts';

/** Exit statuses of sysexits.h: bad usage, service unavailable, configuration error. */
const EXIT_STATUS: Partial<Record<ErrorCode, number>> = {
  commandLineInvalid: 64,
  portTaken: 69,
  takeoverRefused: 69,
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
  const isHangUp = watchHangUp();
  const running: ConfiguredRole[] = [];
  let isReloadWanted = false;
  let onReload = () => {
    isReloadWanted = true;
  };
  let onHangUp: () => void = () => process.exit(128 + constants.signals.SIGHUP);
  // Whoever closes the window of a server wants its end; any other server is told to read its files again.
  process.on('SIGHUP', () => (isHangUp() ? onHangUp() : onReload()));
  const hadTerminal = hasTerminal();
  // What a window that was closed can show no more is in the log file.
  if (hadTerminal) for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  const configs = await loadConfigs(command);
  const files = logFiles(configs);
  // What concerns the whole program stands where users of a session server look first.
  const { logLevel = (configs.session ?? configs.simulation)?.config.logLevel } = command;
  const log = createLogger({ level: logLevel, file: files.session ?? files.simulation });
  const handOvers: HandOver[] = [];
  const shutdown = createShutdown({
    log,
    exit(status) {
      for (const handOver of handOvers) handOver.close();
      process.exit(status);
    },
  });
  keepRunning(log, shutdown);
  process.on('SIGTERM', shutdown.signalled).on('SIGINT', shutdown.signalled);
  onHangUp = () => shutdown.signalled('SIGHUP');
  const inspector = createInspector(packageVersion(), (isOn) => log.info({ isOn }, 'inspection switched'));
  process.on('SIGUSR2', () => (inspector.isOn ? inspector.turnOff() : inspector.turnOn()));
  const stream = command.inspect === undefined ? undefined : await inspect(inspector, command.inspect);
  const predecessors: TakenOver[] = [];
  const common = { logLevel: command.logLevel, programLog: log, inspector };
  // The simulation role comes first, so that the session server finds it at its first look.
  if (configs.simulation) {
    const own = { loaded: configs.simulation, load: () => loadSimulation(command), file: files.simulation };
    const predecessor = predecessorOf('simulation', configs.simulation.config);
    running.push(await configuredSimulation({ ...common, ...own, predecessor }));
  }
  if (configs.session) {
    const own = { loaded: configs.session, load: () => loadSession(command), file: files.session };
    running.push(
      await configuredSession({ ...common, ...own, predecessor: predecessorOf('session', own.loaded.config) }),
    );
  }

  const system = await start({ roles: running.map(({ role }) => role), log, inspector }, predecessors, shutdown);
  if (!system) return;
  const endings: Promise<void>[] = [];
  for (const { role, following } of running) {
    handOvers.push(await offerHandOver({ role, log, onRetired: (ended) => retired(following, ended) }));
  }
  const engine = running.find((role) => role.engine !== undefined)?.engine;
  process.stdout.write(
    startLines({
      version: packageVersion(),
      addresses: system.addresses,
      configs: { session: configs.session?.config, simulation: configs.simulation?.config },
      engine,
      stream: stream?.address,
    }),
  );
  answerDiagnostics(system.actorCount);
  shutdown.started(system);
  onReload = () => {
    for (const { following } of running) void following.reload('signal');
  };
  if (isReloadWanted) onReload();
  void system.failed.then((error) => {
    log.error({ error }, 'the root supervisor gave up');
    shutdown.giveUp();
  });

  function predecessorOf(name: Role['name'], { port }: { readonly port: number }): TakenOver | undefined {
    if (!command.takeover) return undefined;
    const predecessor = createPredecessor({ name, port, version: packageVersion(), log });
    predecessors.push(predecessor);
    return predecessor;
  }

  /** The program ends when every role has handed over, and none has anything left to serve. */
  function retired(following: Following, ended: Promise<void>): void {
    // The file is for the process that has the port now.
    following.stop();
    endings.push(ended);
    if (endings.length === running.length) void Promise.all(endings).then(shutdown.retired);
  }
}

/**
 * Starts the system; the servers before end only when all of it runs, and go on as before where it cannot, or where
 * this program was told to end meanwhile.
 *
 * @returns undefined if it is being stopped again
 * @throws AppError `portTaken`, `bindFailed` or `takeoverRefused`
 */
async function start(
  options: SystemOptions,
  predecessors: readonly TakenOver[],
  shutdown: Shutdown,
): Promise<System | undefined> {
  let isLeft = false;
  try {
    const system = await startSystem({
      ...options,
      async commit() {
        isLeft = shutdown.isAsked && predecessors.length > 0;
        if (!isLeft) for (const predecessor of predecessors) await predecessor.commit();
        return !isLeft;
      },
    });
    if (!isLeft) return system;
    for (const predecessor of predecessors) predecessor.close();
    // The servers before wait for their ports: who has come here meanwhile has no time to finish.
    shutdown.started({ ...system, drain: async () => {} });
    return undefined;
  } catch (error) {
    for (const predecessor of predecessors) predecessor.close();
    throw error;
  }
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
