import type { SessionConfig } from './session-config.ts';
import type { SimulationConfig } from './simulation-config.ts';

/** When a changed value takes effect: `live` as soon as the file is read again, `start` at the next start. */
export type KeyEffect = 'live' | 'start';

export type KeyEffects<Config> = Readonly<Record<keyof Config, KeyEffect>>;

export const SESSION_KEY_EFFECTS = {
  server: 'start',
  ssl: 'start',
  port: 'start',
  portRewrite: 'start',
  simulationServers: 'live',
  administrator: 'live',
  mailServer: 'live',
  mailServerPort: 'live',
  mailSender: 'live',
  mailSenderUser: 'live',
  mailSenderPassword: 'live',
  logDir: 'start',
  debug: 'start',
  logLevel: 'live',
  watchConfig: 'live',
  bindAddress: 'start',
  trustedProxies: 'start',
  clusterSecret: 'start',
  adminToken: 'live',
  tls: 'start',
  loadThreshold: 'live',
  grantLoad: 'live',
  grantTime: 'live',
  queueLength: 'start',
  queueTimeout: 'start',
} as const satisfies KeyEffects<SessionConfig>;

export const SIMULATION_KEY_EFFECTS = {
  server: 'live',
  ssl: 'live',
  port: 'start',
  portRewrite: 'live',
  docker: 'start',
  allowedRepositories: 'live',
  blockedRepositories: 'live',
  shareIdleTime: 'live',
  notify: 'live',
  projectsDir: 'start',
  webotsHome: 'start',
  maxConnections: 'start',
  queueLength: 'start',
  queueTimeout: 'start',
  maxSessionsPerAddress: 'start',
  maxSessionsPerRepository: 'start',
  logDir: 'start',
  monitorLogEnabled: 'live',
  debug: 'start',
  logLevel: 'live',
  watchConfig: 'live',
  timeout: 'live',
  title: 'live',
  description: 'live',
  monitor: 'start',
  tls: 'start',
  stream: 'start',
  adminToken: 'live',
  persistantDockerImages: 'start',
  bindAddress: 'start',
  trustedProxies: 'start',
  sessionServers: 'start',
  clusterSecret: 'start',
  hosts: 'live',
  display: 'start',
  protoHosts: 'start',
  mirrors: 'live',
  credentials: 'start',
  git: 'start',
  engine: 'start',
  checkoutTimeout: 'live',
  maxProjectSize: 'live',
  startTimeout: 'live',
  heartbeatTimeout: 'live',
  killGrace: 'live',
  drainTimeout: 'live',
  pingInterval: 'live',
} as const satisfies KeyEffects<SimulationConfig>;

/**
 * Keys that make up the address of a server. Where one of them has to wait for the next start, all do: half of an old
 * address and half of a new one would lead clients nowhere.
 */
export const ADDRESS_KEYS: ReadonlySet<string> = new Set([
  'server',
  'ssl',
  'port',
  'portRewrite',
  'bindAddress',
  'tls',
  'stream',
]);

/**
 * Keys that say how the entries of `simulationServers` are asked. While one of them waits, so do the entries: new ones
 * would be asked in the old way, and mails would tell that they do not answer.
 */
export const FORM_KEYS: ReadonlySet<string> = new Set(['ssl', 'portRewrite']);
