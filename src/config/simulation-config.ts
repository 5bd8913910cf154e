import * as z from 'zod';
import { credential, type credentialRules } from './credential-values.ts';
import {
  bindAddress,
  boolean,
  choice,
  debug,
  display,
  filledText,
  gitHost,
  hostEntry,
  httpUrl,
  integer,
  LONGEST_QUEUE,
  LONGEST_WAIT,
  list,
  logLevel,
  number,
  port,
  portRewrite,
  proxies,
  publicHost,
  schemaReference,
  secret,
  serverUrl,
  text,
  tls,
  watchConfig,
} from './values.ts';

/** Shortest `heartbeatTimeout` in seconds that is taken: three heartbeats, so that a late one ends no simulation. Our choice. */
const SHORTEST_HEARTBEAT_TIMEOUT = 15;

/** Most session servers that one simulation server joins: our choice. */
const MOST_SESSION_SERVERS = 10;

/** `timeout` in seconds where none, or one that is too short, is given (webots-server `simulation_server.py`). */
export const DEFAULT_TIMEOUT = 7_200;

/** What a simulation server's configuration file may hold. Figures are those of webots-server's `simulation_server.py`, but where stated. */
export const simulationConfigSchema = z.strictObject({
  $schema: schemaReference().exactOptional(),
  server: publicHost()
    .default('localhost')
    .describe(
      'Host name under which clients reach this server, with the port of a proxy that has another one than https.',
    ),
  ssl: boolean()
    .default(true)
    .describe('Whether a proxy in front of this server speaks TLS: selects wss and https instead of ws and http.'),
  port: port()
    .default(2000)
    .describe(
      'TCP port of this server. Simulations use the maxConnections ports that follow, which browsers need not reach unless stream is "direct".',
    ),
  portRewrite: portRewrite(),
  docker: z
    .literal(false, { error: 'false, because containers are not supported yet' })
    .default(false)
    .describe('Whether to run each simulation in a container. Only false is supported yet.'),
  allowedRepositories: list(httpUrl(), 'a list of URLs')
    .default([])
    .describe(
      'URLs of owners, repositories or folders in them whose worlds may run; whole path segments are compared.',
    ),
  blockedRepositories: list(httpUrl(), 'a list of URLs')
    .default([])
    .describe('URLs of owners or repositories whose worlds may not run, unless they are allowed as well.'),
  shareIdleTime: number(0, 100)
    .default(50)
    .describe(
      'Load in percent up to which worlds of other repositories may run; 0 for never. Takes effect with docker only.',
    ),
  notify: z
    .union([httpUrl(), list(httpUrl(), 'a list of URLs')], { error: 'a URL, or a list of URLs' })
    .default([])
    .describe('URL or URLs of web services that are told of this server when it starts. By default none.'),
  sessionServers: list(serverUrl(), 'a list of URLs')
    .max(MOST_SESSION_SERVERS, { error: `a list of at most ${MOST_SESSION_SERVERS} URLs` })
    .default([])
    .describe(
      'URLs of session servers that this server joins by itself, such as "https://hub.example.org/1999". Needs clusterSecret.',
    ),
  clusterSecret: secret()
    .exactOptional()
    .describe(
      'Secret by which this server joins sessionServers, and by which session servers are told whose worlds it runs; the same on all machines. By default the environment variable WEBOTS_HUB_CLUSTER_SECRET.',
    ),
  projectsDir: filledText('a folder')
    .exactOptional()
    .describe(
      'Folder under which worlds are checked out, relative to the current folder. By default one in the temporary folder.',
    ),
  webotsHome: filledText('a folder')
    .exactOptional()
    .describe(
      'Folder that holds the program webots. By default the environment variable WEBOTS_HOME, else /usr/bin/webots.',
    ),
  maxConnections: integer(1, 10_000)
    .default(100)
    .describe('Most simulations at the same time; as many ports after port are used for them.'),
  logDir: filledText('a folder')
    .default('log')
    .describe('Folder of the log files and post-mortems, relative to the current folder.'),
  monitorLogEnabled: boolean()
    .default(true)
    .describe('Whether the load is logged to monitor.csv in logDir/simulation.'),
  debug: debug(),
  logLevel: logLevel(),
  watchConfig: watchConfig(),
  timeout: integer(Number.MIN_SAFE_INTEGER, LONGEST_WAIT, `a whole number of seconds, at most ${LONGEST_WAIT}`)
    .default(DEFAULT_TIMEOUT)
    .describe('Longest time in seconds that a simulation may run. Less than 360 is replaced by 7200.'),
  title: text().default('').describe('Title of the monitor page.'),
  description: text().default('').describe('Description on the monitor page.'),
  monitor: choice(['public', 'token', 'off'])
    .default('public')
    .describe(
      'Who sees the monitor page: everybody (what concerns others than the viewer is hidden), who has adminToken, or nobody.',
    ),
  tls: tls(),
  stream: choice(['direct', 'proxy'])
    .default('proxy')
    .describe(
      'How browsers reach simulations: "proxy" through the port of the server, at an address that nobody can guess, "direct" by a port of each.',
    ),
  adminToken: secret()
    .exactOptional()
    .describe(
      'Token by which operators see everything on the monitor page, and end sessions and drain the server on it. Without it, only who is on this machine can.',
    ),
  persistantDockerImages: list(text(), 'a list of texts')
    .default([])
    .describe('Images of containers to keep. Has no effect yet.'),
  bindAddress: bindAddress(),
  trustedProxies: proxies(),
  hosts: z
    .record(gitHost(), choice(['github', 'gitlab', 'gitea']), { error: 'an object of host names' })
    .default({})
    .describe(
      'Git hosts whose worlds are served beside github.com: host name, perhaps with a port, to "github", "gitlab", or "gitea" for Gitea and Forgejo.',
    ),
  mirrors: z
    .record(httpUrl(), filledText('a URL or a folder'), { error: 'an object of URLs' })
    .default({})
    .describe(
      'Where to get repositories from instead: URL prefix to URL of a git server, or to a folder relative to this file. The longest prefix wins.',
    ),
  credentials: list(credential(), 'a list of objects')
    .default([])
    .describe(
      'Tokens for repositories that are not public: { "prefix": URL of a host, owner or repository, and "tokenFile": FILE or "tokenEnv": NAME, and perhaps "user": NAME }. The longest prefix wins.',
    ),
  git: choice(['auto', 'native', 'builtin'])
    .default('auto')
    .describe(
      'What checks out worlds: the program git, the built-in one, or (auto) git where version 2.25 or later is installed.',
    ),
  engine: choice(['auto', 'webots', 'embedded'])
    .default('auto')
    .describe('What runs worlds: Webots, the small embedded engine, or (auto) Webots where webotsHome holds it.'),
  display: display()
    .default('auto')
    .describe(
      'X display on which Webots draws: one such as ":1", (auto) that of DISPLAY or else an Xvfb of the server\'s own where it is installed, or (none) that of DISPLAY or else ":0".',
    ),
  protoHosts: list(hostEntry(), 'a list of host names')
    .default([])
    .describe(
      'Hosts that the embedded engine may fetch PROTO files from, by https and at public addresses only, each with a port where it is not 443. By default none.',
    ),
  checkoutTimeout: number(1, 86_400)
    .default(120)
    .describe('Longest time in seconds that a checkout may take. A figure of our own.'),
  maxProjectSize: number(1, 1_048_576)
    .default(2_048)
    .describe('Largest size of a checked out project in MiB. A figure of our own.'),
  startTimeout: number(1, 3_600)
    .default(60)
    .describe('Longest time in seconds from the start of the engine until it is ready. A figure of our own.'),
  heartbeatTimeout: number(SHORTEST_HEARTBEAT_TIMEOUT, 3_600)
    .default(30)
    .describe(
      'Longest time in seconds without a heartbeat of an engine that was ready; it is ended then. Engines beat every 5 s. A figure of our own.',
    ),
  killGrace: number(0, 60).default(5).describe('Time in seconds between asking an engine to end and killing it.'),
  drainTimeout: number(0, 86_400)
    .default(0)
    .describe(
      'Time in seconds that running simulations get to finish when the server is asked to stop. A figure of our own.',
    ),
  queueLength: integer(0, LONGEST_QUEUE)
    .default(0)
    .describe(
      'Most clients that wait for a place while maxConnections simulations run, fairly by address; 0 refuses them at once. A figure of our own.',
    ),
  queueTimeout: number(1, 86_400)
    .default(600)
    .describe('Longest time in seconds that a client waits for a place. A figure of our own.'),
  maxSessionsPerAddress: integer(0, 10_000)
    .default(0)
    .describe(
      'Most simulations of one address at the same time, or of one IPv6 network (/64), those that wait included; 0 for no limit.',
    ),
  maxSessionsPerRepository: integer(0, 10_000)
    .default(0)
    .describe('Most simulations of one repository at the same time, those that wait included; 0 for no limit.'),
  pingInterval: number(1, 3_600)
    .default(15)
    .describe(
      'Time in seconds between two pings to a client; one that answers none in two of them is gone. A figure of our own.',
    ),
});

/** A simulation server's configuration with all defaults applied and all paths absolute. */
export type SimulationConfig = Readonly<
  Omit<
    z.output<typeof simulationConfigSchema>,
    '$schema' | 'bindAddress' | 'notify' | 'projectsDir' | 'webotsHome' | 'mirrors' | 'hosts' | 'credentials'
  >
> & {
  readonly bindAddress: string;
  readonly notify: readonly string[];
  /** Absolute path of the folder under which worlds are checked out. */
  readonly projectsDir: string;
  /** Absolute path of the folder that is to hold the program `webots`. */
  readonly webotsHome: string;
  /** URL prefix to either a URL or the absolute path of a folder. */
  readonly mirrors: Readonly<Record<string, string>>;
  /** Host in lower case to what runs there. */
  readonly hosts: z.output<typeof simulationConfigSchema>['hosts'];
  /** Where the tokens are; files by their absolute paths. */
  readonly credentials: ReturnType<typeof credentialRules>;
};
