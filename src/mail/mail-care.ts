import { isDeepStrictEqual } from 'node:util';
import {
  MAILER_TIMINGS,
  type MailerEvent,
  type MailerTimings,
  mailerMachine,
  type ServerFinding,
} from '../../machines/mailer.ts';
import {
  type ChildSpec,
  child,
  deleteChild,
  getChild,
  type SupervisorRef,
  startChild,
  stopChild,
} from '../../machines/supervisor.ts';
import type { SessionConfig } from '../config/session-config.ts';
import type { Logger } from '../log.ts';
import { serverUrl } from '../operations/public-url.ts';
import { createKeptRecord, type KeptRecord } from './kept-record.ts';
import { mailSender } from './mail-sender.ts';
import { type MailSettings, mailSettings, mailTransport } from './send-mail.ts';

/** Name of the mailer in the system. */
const MAILER = 'mailer';

export interface MailCareOptions {
  /** Read for each mail. */
  readonly config: SessionConfig;
  readonly log: Logger;
  /** The entries of the simulation servers that are watched now. */
  entries(): readonly string[];
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<MailerTimings> | undefined;
}

/**
 * The mailer below a supervisor, wherever the configuration says to whom, from whom and by which host. It tells from
 * `begin` on, also what was found before; each of these functions waits for the one before.
 */
export interface MailCare {
  tell(event: MailerEvent): void;
  /** This process has the port, and nobody else tells what becomes of the servers. */
  begin(role: SupervisorRef): Promise<void>;
  /** The configuration is another one: what the mail host has not taken may be taken now. */
  reconfigure(role: SupervisorRef): Promise<void>;
  /** Leaves what waits to the process that is to be given the port; a mail that is on its way has its time before. */
  handOver(role: SupervisorRef): Promise<void>;
}

export function createMailCare({ config, log, entries, timings }: MailCareOptions): MailCare {
  const kept = createKeptRecord({ ...config, log });
  const allTimings = { ...MAILER_TIMINGS, ...timings };
  const findings = new Map<string, ServerFinding>();
  let role: SupervisorRef | undefined;
  let isTelling = false;
  let isRunning = false;
  let known: MailSettings | undefined;
  let last: Promise<void> = Promise.resolve();

  function settle(actor: SupervisorRef): Promise<void> {
    role = actor;
    last = last.then(async () => {
      const first = isTelling ? mailSettings(config) : undefined;
      if (first && isRunning && !isDeepStrictEqual(first, known)) send({ type: 'retry' });
      if (first && !isRunning) {
        // Already now, since the trouble to tell of could keep files from being read; if it does, sending fails with it.
        void mailTransport().catch(() => {});
        isRunning = (await startChild(actor, spec(first))).ok;
      }
      known = first;
      if (!first && isRunning) {
        isRunning = false;
        await stopChild(actor, MAILER);
        await deleteChild(actor, MAILER);
      }
    });
    return last;
  }

  const send = (event: MailerEvent) => role && getChild(role, MAILER)?.send(event);

  function spec(first: MailSettings): ChildSpec {
    let current = first;
    /** What is still to be sent when the configuration names nobody any more goes where it would have gone. */
    const settings = () => {
      current = mailSettings(config) ?? current;
      return current;
    };
    return mailerChild(kept, {
      sender: mailSender({
        settings,
        server: config.server,
        monitorUrl: `${serverUrl(config, config.port)}/monitor`,
        log,
      }),
      timings: allTimings,
      seen: () => ({ entries: entries(), findings: [...findings.values()] }),
    });
  }

  return {
    tell(event) {
      if (event.type === 'server.found') {
        const { type: _, ...finding } = event;
        findings.set(event.entry, finding);
      } else if (event.type === 'server.forgotten') findings.delete(event.entry);
      if (isTelling) send(event);
    },
    begin(actor) {
      if (!isTelling) kept.reread();
      isTelling = true;
      return settle(actor);
    },
    reconfigure: settle,
    handOver(actor) {
      isTelling = false;
      send({ type: 'handOver' });
      return settle(actor);
    },
  };
}

interface MailerParts {
  readonly sender: ReturnType<typeof mailSender>;
  readonly timings: MailerTimings;
  /** The servers that are watched, and what was found of them. */
  seen(): { readonly entries: readonly string[]; readonly findings: readonly ServerFinding[] };
}

function mailerChild(kept: KeptRecord, { sender, timings, seen }: MailerParts): ChildSpec {
  return child({
    id: MAILER,
    systemId: MAILER,
    src: mailerMachine.provide({ actors: { sender, keeper: kept.keeper } }),
    input: () => ({ ...seen(), record: kept.latest(), timings }),
    // What is on its way and what waits, each with its time, and a margin.
    shutdown: 3 * timings.partingTime,
  });
}
