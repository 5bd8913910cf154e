import * as z from 'zod';
import { listeningAddressFor } from './bind-address.ts';
import { tlsFiles } from './tls-files.ts';
import {
  bindAddress,
  boolean,
  debug,
  filledText,
  host,
  integer,
  LONGEST_QUEUE,
  list,
  logLevel,
  number,
  port,
  portRewrite,
  proxies,
  publicHost,
  schemaReference,
  secret,
  serverEntry,
  tls,
  watchConfig,
} from './values.ts';

/** What a session server's configuration file may hold. Figures are those of webots-server's `session_server.py`, but where stated. */
export const sessionConfigSchema = z.strictObject({
  $schema: schemaReference().exactOptional(),
  server: publicHost()
    .default('localhost')
    .describe(
      'Host name under which clients reach this server, with the port of a proxy that has another one than https; named on its pages and in its mails.',
    ),
  ssl: boolean()
    .default(true)
    .describe(
      'Whether a proxy in front of the simulation servers speaks TLS: selects wss and https instead of ws and http.',
    ),
  port: port().describe('TCP port of this server. Mandatory, unless --port gives it.'),
  portRewrite: portRewrite(),
  simulationServers: list(serverEntry(), 'a list of simulation servers, each "host:port" or "host/port"')
    .default([])
    .describe(
      'Simulation servers to choose from: "host:port", or "host/port" where portRewrite is true. Earlier ones win ties. May be empty where clusterSecret lets servers join.',
    ),
  clusterSecret: secret()
    .exactOptional()
    .describe(
      'Secret by which simulation servers join by themselves, and tell this server whose worlds they run; the same on all machines. By default the environment variable WEBOTS_HUB_CLUSTER_SECRET.',
    ),
  administrator: filledText('a mail address')
    .exactOptional()
    .describe(
      'Mail address that is told when a simulation server fails, fills up or comes back. Needs mailServer and mailSender.',
    ),
  mailServer: host().exactOptional().describe('Host name of the mail server (SMTP).'),
  mailServerPort: integer(0, 65_535)
    .default(0)
    .describe('TCP port of the mail server; 0 stands for the usual one, 25.'),
  mailSender: filledText('a mail address').exactOptional().describe('Mail address that mails come from.'),
  mailSenderUser: filledText('a user name')
    .exactOptional()
    .describe('User name at the mail server. Without it, mailSender is used.'),
  mailSenderPassword: filledText('a password')
    .exactOptional()
    .describe('Password at the mail server; where it is given, the connection uses STARTTLS and logs in.'),
  logDir: filledText('a folder').default('log').describe('Folder of the log files, relative to the current folder.'),
  debug: debug(),
  logLevel: logLevel(),
  watchConfig: watchConfig(),
  bindAddress: bindAddress(),
  trustedProxies: proxies(),
  adminToken: secret()
    .exactOptional()
    .describe('Token by which operators see the page /inspect. Without it, only who is on this machine does.'),
  tls: tls(),
  loadThreshold: number(1, 100)
    .default(95)
    .describe('Load in percent from which a simulation server gets no more clients.'),
  grantLoad: number(0, 100)
    .default(5)
    .describe(
      'Load in percent that a granted session counts as until the server measures it itself. A figure of our own.',
    ),
  queueLength: integer(0, LONGEST_QUEUE)
    .default(0)
    .describe(
      'Most clients whose question for a simulation server is held while none has room, fairly by address; 0 answers at once. A figure of our own.',
    ),
  queueTimeout: number(1, 86_400)
    .default(50)
    .describe(
      'Longest time in seconds that a question is held. Proxies cut answers that take longer than they wait: 60 s for most, which the default is below. A figure of our own.',
    ),
  grantTime: number(0, 600)
    .default(10)
    .describe('Time in seconds for which grantLoad counts: two polls of 5 s. A figure of our own.'),
});

/** A session server's configuration with all defaults applied. */
export type SessionConfig = Readonly<Omit<z.output<typeof sessionConfigSchema>, '$schema' | 'bindAddress'>> & {
  readonly bindAddress: string;
};

/**
 * Applies the defaults that depend on other keys.
 *
 * @param values what `sessionConfigSchema` returned
 * @param folder absolute path of the folder to which files are relative
 * @returns the configuration, and one sentence for each thing the operator should know
 */
export function completeSessionConfig(values: z.output<typeof sessionConfigSchema>, folder: string) {
  const { $schema: _, bindAddress, simulationServers, ...rest } = values;
  const warnings: string[] = [];
  const servers = [...new Set(simulationServers.map(withHostInLowerCase))];
  if (servers.length < simulationServers.length) {
    warnings.push('`simulationServers` names a server twice; it counts once');
  }
  if (rest.administrator !== undefined && (rest.mailServer === undefined || rest.mailSender === undefined)) {
    warnings.push('`administrator` has no effect without `mailServer` and `mailSender`: no mail will be sent');
  }
  if (rest.queueLength > 0 && (rest.grantLoad === 0 || rest.grantTime === 0)) {
    warnings.push(
      '`queueLength` without `grantLoad` and `grantTime`: all who wait are sent to the first server with room',
    );
  }
  const config: SessionConfig = {
    ...rest,
    ...(rest.tls && { tls: tlsFiles(rest.tls, folder) }),
    simulationServers: servers,
    bindAddress: bindAddress ?? listeningAddressFor(rest.server),
  };
  return { config, warnings };
}

/** Names of hosts are the same in any case; what follows them need not be. */
function withHostInLowerCase(entry: string): string {
  return entry.replace(/^[^/]+/, (host) => host.toLowerCase());
}
