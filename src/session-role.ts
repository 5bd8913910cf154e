import { setTimeout as wait } from 'node:timers/promises';
import { onReport, type SupervisorRef, type System, supervisor } from '../machines/supervisor.ts';
import { liveConfig } from './config/live-config.ts';
import type { SessionConfig } from './config/session-config.ts';
import { ROLE_RESTARTS, type Role } from './role.ts';
import { type WatcherLimits, Watchers } from './session/watchers.ts';
import { createDispatch } from './session-role/dispatch.ts';
import { createEntrance, type EntranceOptions } from './session-role/entrance.ts';
import { createServers, type ServersOptions } from './session-role/servers.ts';

/** Longest wait in ms for the first answers of the simulation servers before the port opens: our choice. */
const FIRST_POLL_TIMEOUT = 1_000;

export interface SessionRoleOptions extends ServersOptions, EntranceOptions {
  readonly config: SessionConfig;
  /** Bounds that tests tighten. */
  readonly limits?: Partial<WatcherLimits>;
  /** Time in ms after the start for which servers may still join that run worlds which none runs yet; tests shorten it. */
  readonly joinPatience?: number;
}

export interface SessionRole extends Role {
  /** Puts another configuration in force; not to be called again before it has resolved. */
  reconfigure(config: SessionConfig): Promise<void>;
}

/** A session server, whose actors get their effects here. */
export function sessionRole(options: SessionRoleOptions): SessionRole {
  const { log } = options;
  const current = liveConfig(options.config);
  const config = current.values;
  /** What the actors of one system have of each other. */
  let system: System | undefined;
  let role: SupervisorRef | undefined;
  const onWatcherError = (error: unknown) => log.error({ error }, 'a watcher failed');
  const watchers = new Watchers(options.limits, onWatcherError);
  const servers = createServers(options, {
    config,
    system: () => system,
    role: () => role,
    watchers,
    queued: () => dispatch.queue?.length,
    openLines: () => dispatch.openLines(),
    onChange() {
      entrance.changed();
      dispatch.queue?.changed();
    },
    onAvailability: () => dispatch.tellLine(),
  });
  const dispatch = createDispatch({
    config,
    log,
    servers,
    system: () => system,
    onChange: () => entrance.changed(),
    joinPatience: options.joinPatience,
  });
  const entrance = createEntrance(options, { config, watchers, servers, dispatch, onWatcherError });
  const { board, care, mails } = servers;

  return {
    name: 'session',
    supervisor: supervisor((boot) => {
      system = boot.system;
      board.configure(config.simulationServers);
      return {
        ...ROLE_RESTARTS,
        children: [servers.availability, ...dispatch.children, ...config.simulationServers.map(care.child)],
      };
    }),
    async reconfigure(next) {
      current.replace(next);
      // What is not started yet will be started with what is in force then.
      if (!role) return;
      await care.reconfigure(role, config.simulationServers);
      await mails.reconfigure(role);
      entrance.changed();
    },
    async listen(actor) {
      role = actor;
      onReport(actor, ({ offender }) => {
        // A machine that ends by a bug does not end its listener.
        care.forgetActor(offender.id);
      });
      const patience = new AbortController();
      await Promise.race([board.heardFromAll, wait(FIRST_POLL_TIMEOUT, undefined, { signal: patience.signal })]);
      patience.abort();
      const address = await entrance.open();
      dispatch.opened();
      log.info({ ...address, servers: config.simulationServers.length }, 'session server listens');
      return address;
    },
    // Who looks for a session server knows it by its address; only the administrator hears of what it finds.
    serves() {
      if (role) void mails.begin(role);
    },
    port: config.port,
    // Before another process can have the port: whatever becomes of the two then, one at most tells the administrator.
    async release(path) {
      if (role) await mails.handOver(role);
      await entrance.release(path);
    },
    inheritance: entrance.inheritance,
    async resume() {
      await entrance.resume();
      if (role) await mails.begin(role);
    },
    retire: entrance.retire,
    remains: () => ({ sessions: 0, ports: [] }),
    drain: dispatch.drain,
    async close() {
      await entrance.close();
      servers.close();
    },
  };
}
