import { MAILER_TIMINGS, type MailerTimings, mailerMachine, type ToldState } from '../../machines/mailer.ts';
import type { ServerState } from '../../machines/simulation-server.ts';
import { type ChildSpec, child } from '../../machines/supervisor.ts';
import type { SessionConfig } from '../config/session-config.ts';
import type { Logger } from '../log.ts';
import { mailSender } from './mail-sender.ts';
import { mailSettings } from './send-mail.ts';

/** Name of the mailer in the system. */
export const MAILER = 'mailer';

export interface MailerOptions {
  /** Read for each mail. */
  readonly config: SessionConfig;
  readonly log: Logger;
  /** How the simulation servers are when the mailer starts. */
  servers(): readonly { readonly entry: string; readonly state: ServerState }[];
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<MailerTimings> | undefined;
}

/** The mailer, for a supervisor; undefined where the configuration does not say to whom, from whom, or by which host. */
export function mailerChild({ config, log, servers, timings }: MailerOptions): ChildSpec | undefined {
  const { server, ssl, port, portRewrite } = config;
  const first = mailSettings(config);
  if (!first) return undefined;
  let last = first;
  /** What is still to be sent when the configuration names nobody any more goes where it would have gone. */
  const settings = () => {
    last = mailSettings(config) ?? last;
    return last;
  };
  const monitorUrl = `${ssl ? 'https' : 'http'}://${server}${portRewrite ? '/' : ':'}${port}/monitor`;
  const allTimings = { ...MAILER_TIMINGS, ...timings };
  return child({
    id: MAILER,
    systemId: MAILER,
    src: mailerMachine.provide({ actors: { sender: mailSender({ settings, server, monitorUrl, log }) } }),
    // Started anew, it takes for granted what was found before.
    input: () => ({ servers: Object.fromEntries(servers().map(grantedState)), timings: allTimings }),
    // What is on its way and what waits, each with its time, and a margin.
    shutdown: 3 * allTimings.partingTime,
  });
}

/** That a server is well is no news when it is heard of first. */
function grantedState({ entry, state }: { entry: string; state: ServerState }): [string, ToldState] {
  return [entry, state === 'probing' ? 'available' : state];
}
