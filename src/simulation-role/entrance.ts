import type { End } from '../../machines/end-reason.ts';
import type { LoadSample } from '../../machines/load-sample.ts';
import type { MembershipTimings } from '../../machines/membership.ts';
import type { SupervisorRef, SupervisorReport } from '../../machines/supervisor.ts';
import { trustedProxies } from '../operations/client-address.ts';
import { MAX_REQUEST_CONNECTIONS } from '../operations/http-limits.ts';
import { closeServer, listen } from '../operations/listen.ts';
import { serverEntry, serverUrl, streamBase } from '../operations/public-url.ts';
import { createWebServer } from '../operations/web-server.ts';
import type { ListeningAddress } from '../role.ts';
import { acceptClients, MAX_REFUSED } from '../simulation/client-sockets.ts';
import { createIntake } from '../simulation/intake.ts';
import { createMemberships } from '../simulation/memberships.ts';
import { createRegistrations, type Registrations } from '../simulation/register.ts';
import type { SessionAccount } from '../simulation/session-records.ts';
import { MAX_WAITING } from '../simulation/session-registry.ts';
import { createStreamProxy, MOST_CONNECTIONS } from '../simulation/stream-proxy.ts';
import { createStreamRelay } from '../simulation/stream-relay.ts';
import { createSuccession, type Succession } from '../simulation/succession.ts';
import { createPages, type PagesOptions, type PagesTools } from './pages.ts';

export interface EntranceOptions extends PagesOptions {
  /** Waits that tests shorten, in ms. */
  readonly membershipTimings?: Partial<MembershipTimings>;
}

export type EntranceTools = Omit<PagesTools, 'intake' | 'memberships'>;

/** What the world reaches of a simulation server: its port, whom it lets in there, and who is told of it. */
export interface Entrance extends Pick<Succession, 'isRetired' | 'release' | 'resume' | 'retire' | 'remains'> {
  /** What stands before the engine's port in the address that the session's client is told. */
  streamBase(session: string): string;
  recordSample(sample: LoadSample): void;
  recordReport(report: SupervisorReport): void;
  recordEnd(account: SessionAccount, end: End): void;
  /** Opens the port. @throws AppError `portTaken`, `bindFailed` or `takeoverRefused` */
  open(): Promise<ListeningAddress>;
  /** Tells services and session servers of this server, by actors below `role`. */
  announce(role: SupervisorRef): void;
  /** Tells them what has changed in the configuration. */
  reannounce(): Promise<void>;
  /** Takes no more clients for good. */
  stopIntake(): void;
  /** Closes the port and every connection. */
  close(): Promise<void>;
}

export function createEntrance(options: EntranceOptions, tools: EntranceTools): Entrance {
  const { log, predecessor } = options;
  const { config, programs, sessions, before } = tools;
  const { seats, ports, registry } = sessions;
  const isProxied = config.stream === 'proxy';
  const isOpen = () => intake.refusal === undefined;
  const intake = createIntake((refusal) => {
    memberships.tell({ type: isOpen() ? 'undrain' : 'drain' });
    if (refusal) seats.refuseWaiting(refusal);
  });
  const memberships = createMemberships({
    ...config,
    server: () => ({ entry: serverEntry(config, config.port), ssl: config.ssl }),
    isOpen,
    log,
    onChange: () => monitor.changed(),
    timings: options.membershipTimings,
  });
  let registrations: Registrations | undefined;
  const proxy = createStreamProxy({
    get address() {
      return serverUrl(config, config.port).replace(/^http/, 'ws');
    },
    portOf: (id) => registry.portOf(id),
    relay: createStreamRelay(() => predecessor?.streams),
  });

  const pages = createPages(options, { config, programs, sessions, before, intake, memberships });
  const { monitor, metrics } = pages;
  const server = createWebServer(
    (request, response) => {
      if (!proxy.answer(request, response)) pages.answer(request, response);
    },
    { tls: config.tls, log },
  );
  const streams = isProxied ? config.maxConnections * MOST_CONNECTIONS : 0;
  server.maxConnections =
    config.maxConnections + streams + config.queueLength + MAX_WAITING + MAX_REFUSED + MAX_REQUEST_CONNECTIONS;
  acceptClients(
    server,
    (address) => intake.refusal ?? seats.refusal(address),
    registry.serve,
    log,
    trustedProxies(config.trustedProxies),
    proxy.upgrade,
    metrics.recordRefusal,
  );

  const openPort = () => listen(server, config.bindAddress, config.port);
  predecessor?.onChange(seats.changedElsewhere);
  const succession = createSuccession({
    server,
    openPort,
    proxy,
    ports,
    registry,
    seats,
    monitor,
    intake,
    predecessor,
  });

  /** What an operator has said to the server before counts here too. */
  function openAfter(): Promise<ListeningAddress> {
    if (before().isDrained) intake.drain();
    return openPort();
  }

  return {
    get isRetired() {
      return succession.isRetired;
    },
    streamBase: (session) => (isProxied ? proxy.baseOf(session) : streamBase(config)),
    recordSample: monitor.recordSample,
    recordReport: metrics.recordReport,
    recordEnd(account, end) {
      proxy.forget(account.id);
      monitor.recordEnd(account, end);
      metrics.recordEnd(account, end);
    },
    async open() {
      const bound = await (predecessor ? predecessor.takeOver(openAfter) : openPort());
      return { ...bound, isTls: config.tls !== undefined };
    },
    announce(role) {
      registrations = createRegistrations(role, log);
      void registrations.update(config);
      memberships.join(role);
    },
    async reannounce() {
      await Promise.all([registrations?.update(config), memberships.update()]);
    },
    stopIntake: intake.stop,
    release: succession.release,
    resume: succession.resume,
    async retire() {
      memberships.tell({ type: 'retire' });
      return succession.retire();
    },
    remains: succession.remains,
    async close() {
      monitor.close();
      proxy.close();
      succession.close();
      await closeServer(server);
    },
  };
}
