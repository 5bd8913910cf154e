import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type * as z from 'zod';
import { listeningAddressFor } from './bind-address.ts';
import { credentialRules } from './credential-values.ts';
import { expandPath, unsetVariables } from './paths.ts';
import { DEFAULT_TIMEOUT, type SimulationConfig, type simulationConfigSchema } from './simulation-config.ts';
import { tlsFiles } from './tls-files.ts';

/** Shortest `timeout` in seconds that is taken; clients warn 300 s before the end (webots-server `simulation_server.py`). */
const SHORTEST_TIMEOUT = 360;

/** Folder that holds `webots` where neither the file nor WEBOTS_HOME names one (webots-server `simulation_server.py`). */
const DEFAULT_WEBOTS_HOME = '/usr/bin/webots';

/**
 * Applies the defaults that depend on other keys or on the environment, and the
 * reference's rule for a short `timeout`.
 *
 * @param values what `simulationConfigSchema` returned
 * @param folder absolute path of the folder to which mirrors are relative
 * @param environment where `WEBOTS_HOME` and the variables in paths are looked up
 * @returns the configuration, and one sentence for each thing the operator should know
 */
export function completeSimulationConfig(
  values: z.output<typeof simulationConfigSchema>,
  folder: string,
  environment: NodeJS.ProcessEnv,
) {
  const {
    $schema: _,
    bindAddress,
    notify,
    projectsDir,
    webotsHome,
    mirrors,
    hosts,
    credentials,
    timeout,
    ...rest
  } = values;
  const sessionServers = [...new Set(rest.sessionServers)];
  const warnings: string[] = [];
  if (timeout < SHORTEST_TIMEOUT) {
    warnings.push(`\`timeout\` is ${timeout} s; less than ${SHORTEST_TIMEOUT} s is replaced by ${DEFAULT_TIMEOUT} s`);
  }
  const proxied = (['ssl', 'portRewrite'] as const).filter((key) => rest[key] && !(key === 'ssl' && rest.tls));
  if (/^localhost$/i.test(rest.server) && proxied.length > 0) {
    const [first, second] = proxied.map((key) => `\`${key}\``);
    const keys = second === undefined ? `${first} is` : `${first} and ${second} are`;
    warnings.push(
      `${keys} true and \`server\` is localhost: no client reaches a simulation unless a proxy here serves it`,
    );
  }
  if (rest.tls && rest.portRewrite) {
    warnings.push(
      '`tls` and `portRewrite`: public addresses are those of a proxy; set `portRewrite` to false where there is none',
    );
  }
  if (rest.tls && rest.stream === 'direct') {
    warnings.push('`tls` and `stream` "direct": the ports of simulations speak no TLS; set `stream` to "proxy"');
  }
  const distant = rest.server.toLowerCase() === 'localhost' && sessionServers.find((url) => !isOnThisMachine(url));
  if (distant) {
    warnings.push(
      `\`server\` is localhost: ${distant} will look for this server on its own machine; give its name there`,
    );
  }
  for (const [key, path] of Object.entries({ projectsDir, webotsHome })) {
    for (const name of unsetVariables(path ?? '', environment))
      warnings.push(`\`${key}\`: the environment has no variable ${name}, so ${path} is taken as it stands`);
  }
  const config: SimulationConfig = {
    ...rest,
    sessionServers,
    ...(rest.tls && { tls: tlsFiles(rest.tls, folder) }),
    timeout: timeout < SHORTEST_TIMEOUT ? DEFAULT_TIMEOUT : timeout,
    bindAddress: bindAddress ?? listeningAddressFor(rest.server),
    notify: typeof notify === 'string' ? [notify] : notify,
    projectsDir:
      projectsDir === undefined ? defaultProjectsDir(rest.port) : resolve(expandPath(projectsDir, environment)),
    webotsHome: resolve(expandPath(webotsHome ?? (environment.WEBOTS_HOME || DEFAULT_WEBOTS_HOME), environment)),
    mirrors: Object.fromEntries(
      Object.entries(mirrors).map(([prefix, place]) => [prefix, mirrorPlace(place, folder, environment)]),
    ),
    hosts: Object.fromEntries(Object.entries(hosts).map(([name, kind]) => [name.toLowerCase(), kind])),
    credentials: credentialRules(credentials, folder, environment),
  };
  return { config, warnings };
}

function isOnThisMachine(url: string): boolean {
  return URL.canParse(url) && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** Whether a mirror's place is a URL; everything else is a folder. */
function isUrl(place: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(place);
}

function mirrorPlace(place: string, folder: string, environment: NodeJS.ProcessEnv): string {
  return isUrl(place) ? place : resolve(folder, expandPath(place, environment));
}

/** A folder of its own for each user and port, so that two servers on a machine do not meet in it. */
function defaultProjectsDir(serverPort: number): string {
  return join(tmpdir(), `webots-hub-${process.getuid?.() ?? 0}`, String(serverPort));
}
