#!/usr/bin/env node
// Looks at everything that makes people ask for help: `npm run doctor -- --help`.
import { parseArgs } from 'node:util';
import { EXAMPLE_WORLD } from './client/index.ts';
import { configFile, isConfigPath, loadSessionConfig, loadSimulationConfig } from './config/load-config.ts';
import { clockCheck } from './doctor/clock-check.ts';
import { sessionServerChecks } from './doctor/cluster-checks.ts';
import { credentialCheck, credentialQuestions } from './doctor/credential-checks.ts';
import { type Check, examine, type Finding, findingLines, fine, warning } from './doctor/finding.ts';
import { gitHostCheck, MACHINE_CHECKS, otherHostCheck } from './doctor/machine-checks.ts';
import { mailCheck } from './doctor/mail-check.ts';
import { projectsFolderCheck } from './doctor/projects-folder-check.ts';
import { protoHostCheck } from './doctor/proto-hosts-check.ts';
import { roundTripCheck } from './doctor/round-trip.ts';
import {
  certificateCheck,
  engineCheck,
  enginePortsCheck,
  portCheck,
  simulationServerCheck,
} from './doctor/server-checks.ts';
import { AppError } from './errors.ts';

/** Exit statuses of sysexits.h for bad usage and for a service that cannot be had. */
const USAGE = 64;
const UNAVAILABLE = 69;

/** A small repository that is always there. */
const REPOSITORY = 'https://github.com/cyberbotics/webots-server';

const HELP = `Usage: npm run doctor -- [--role session|simulation|all] [--config NAME]
                         [--play] [--world URL] [--mail]

Looks at what a server needs, a line each: fine, warning or error, and what to do.
Exit status 0 where there is no error, else ${UNAVAILABLE}.

  --role ROLE    session, simulation, or all: both. Default: all
  --config NAME  a file, or the NAME of config/ROLE/NAME.json; with role all,
                 a NAME. Default: local
  --play         plays a session through the public address; where no server
                 runs, starts both for it, with the embedded engine
  --world URL    the world that is played where a server runs.
                 Default: the bundled example
  --mail         sends a test message to the administrator
`;

const OPTIONS = {
  role: { type: 'string', default: 'all' },
  config: { type: 'string' },
  mail: { type: 'boolean', default: false },
  play: { type: 'boolean', default: false },
  world: { type: 'string', default: EXAMPLE_WORLD },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

try {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) process.stdout.write(HELP);
  else if (!['session', 'simulation', 'all'].includes(values.role))
    throw new TypeError(`Expected --role to be session, simulation or all, got ${values.role}`);
  else if (values.role === 'all' && values.config !== undefined && isConfigPath(values.config))
    throw new TypeError(
      `Expected --role session or simulation with the file ${values.config}, which is for one of them`,
    );
  else process.exitCode = (await run(values.role, values.config, values)) ? 0 : UNAVAILABLE;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
  process.exitCode = USAGE;
}

/** What is done only where it is asked for. */
interface Extras {
  readonly mail: boolean;
  readonly play: boolean;
  readonly world: string;
}

async function run(role: string, config: string | undefined, { mail, play, world }: Extras): Promise<boolean> {
  const tell = (finding: Finding) => void process.stdout.write(findingLines(finding));
  const checks = [
    ...MACHINE_CHECKS,
    ...(role === 'session' ? [] : await simulationChecks(config)),
    ...(role === 'simulation' ? [] : await sessionChecks(config, mail)),
    ...(play ? await playChecks(role, config, world) : []),
  ];
  return examine(checks, tell);
}

/** What can be looked at of a configuration that can be used; else what is wrong with it. */
async function simulationChecks(name: string | undefined): Promise<readonly Check[]> {
  const loaded = await loadSimulationConfig(configFile('simulation', name)).catch(unusable);
  if (loaded instanceof AppError) return [refused('simulation', loaded)];
  const { config, warnings, file } = loaded;
  return [
    configured('simulation', file, warnings),
    engineCheck(config),
    portCheck('simulation', config),
    enginePortsCheck(config),
    projectsFolderCheck(config.projectsDir),
    ...(config.allowedRepositories.length === 0
      ? [
          {
            what: 'worlds',
            look: async () => [
              warning('worlds', '`allowedRepositories` is empty', 'name whose worlds may run: nothing can be started'),
            ],
          },
        ]
      : []),
    clockCheck(config.sessionServers[0] ?? REPOSITORY),
    gitHostCheck(REPOSITORY),
    ...config.protoHosts.map((host) => protoHostCheck(host)),
    ...Object.keys(config.hosts).map((host) => otherHostCheck(host, config.mirrors)),
    ...credentialQuestions(config.credentials, config.allowedRepositories, config.hosts).map((question) =>
      credentialCheck(question),
    ),
    ...sessionServerChecks(config),
    ...(config.tls ? [certificateCheck(config.tls)] : []),
  ];
}

async function sessionChecks(name: string | undefined, isMailed: boolean): Promise<readonly Check[]> {
  const loaded = await loadSessionConfig(configFile('session', name)).catch(unusable);
  if (loaded instanceof AppError) return [refused('session', loaded)];
  const { config, warnings, file } = loaded;
  return [
    configured('session', file, warnings),
    portCheck('session', config),
    ...(config.tls ? [certificateCheck(config.tls)] : []),
    clockCheck(
      config.simulationServers.map((entry) => `http${config.ssl ? 's' : ''}://${entry}/load`)[0] ?? REPOSITORY,
    ),
    ...config.simulationServers.map((entry) => simulationServerCheck(entry, config.ssl)),
    ...(isMailed ? [mailCheck(config)] : []),
  ];
}

/** None of configurations that cannot be used, which is said already. */
async function playChecks(role: string, name: string | undefined, world: string): Promise<readonly Check[]> {
  if (role === 'simulation') {
    const advice = 'play from the session server: --role session, or all';
    return [{ what: 'round trip', look: async () => [warning('round trip', 'not tried', advice)] }];
  }
  const session = await loadSessionConfig(configFile('session', name)).catch(unusable);
  const simulation =
    role === 'all' ? await loadSimulationConfig(configFile('simulation', name)).catch(unusable) : undefined;
  if (session instanceof AppError || simulation instanceof AppError) return [];
  return [roundTripCheck(session.config, simulation?.config, world)];
}

function unusable(error: unknown): AppError {
  if (error instanceof AppError) return error;
  throw error;
}

function refused(role: string, { message }: AppError): Check {
  const what = `${role} configuration`;
  return {
    what,
    look: async () => [{ level: 'error', what, found: message, advice: 'docs/configuration.md has all keys' }],
  };
}

function configured(role: string, file: string, warnings: readonly string[]): Check {
  const what = `${role} configuration`;
  return {
    what,
    look: async () => [
      fine(what, file),
      ...warnings.map((text) => warning(what, text, 'docs/configuration.md says more')),
    ],
  };
}
