import type { SessionConfig } from '../config/session-config.ts';
import { REDACTED } from '../log.ts';
import { problemOf } from '../outward-fetch.ts';
import { MailRefusalError, refusedBy } from './mail-refusal.ts';
import type { MailText } from './mail-text.ts';

/** TCP port of mail hosts, as in webots-server. */
const SMTP_PORT = 25;

/** On this port TLS comes first (RFC 8314); on all others it is asked for by STARTTLS. */
const TLS_PORT = 465;

/** Longest wait for the connection, and for the greeting, in ms: our choice, since some wait 10 s on purpose; webots-server has 5 s. */
const GREETING_TIMEOUT = 15_000;

/** Longest time in ms until the host has the whole mail: our choice. */
const HANDING_TIMEOUT = 20_000;

/** Longest wait for its answer then, in ms (RFC 5321, 4.5.3.2.6): who gives up earlier sends again what may have been taken. */
const ANSWER_TIMEOUT = 600_000;

/** Longest time for a mail by `sendTestMail`, in ms: our choice. */
const TEST_TIMEOUT = 30_000;

/** Longest part of a mail host's complaint that is repeated, in characters: our choice. */
const MAX_COMPLAINT = 300;

/** This machine, to which nobody can listen in. */
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** Whom mails go to, from whom, and by which host. */
export interface MailSettings {
  /** Host name or address, without brackets. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** Whether TLS comes before anything else; otherwise it is asked for by STARTTLS. */
  readonly isTlsFirst: boolean;
  readonly administrator: string;
  readonly sender: string;
  /** Where there is one, the host must offer TLS, and `user` logs in by it. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

type MailKey =
  | 'administrator'
  | 'mailServer'
  | 'mailServerPort'
  | 'mailSender'
  | 'mailSenderUser'
  | 'mailSenderPassword';

/** @returns undefined where the configuration does not say to whom, from whom, or by which host */
export function mailSettings(config: Pick<SessionConfig, MailKey>): MailSettings | undefined {
  const { administrator, mailServer, mailServerPort, mailSender, mailSenderUser, mailSenderPassword } = config;
  if (administrator === undefined || mailServer === undefined || mailSender === undefined) return undefined;
  const port = mailServerPort || SMTP_PORT;
  return {
    host: mailServer.replace(/^\[|\]$/g, ''),
    port,
    isTlsFirst: port === TLS_PORT,
    administrator,
    sender: mailSender,
    login:
      mailSenderPassword === undefined
        ? undefined
        : { user: mailSenderUser ?? mailSender, password: mailSenderPassword },
  };
}

export interface Mail extends MailText {
  /** The same for each attempt to send the same mail, so that a copy can be told; letters and digits. */
  readonly id: string;
}

/** What speaks to mail hosts, which servers that send no mails need not load. */
export const mailTransport = () => import('nodemailer');

/**
 * Hands one mail to the mail host, over a connection of its own.
 *
 * @param signal breaks the connection off
 * @throws Error if the host did not take the mail, with what it said, without the password; a `MailRefusalError` if that was for good
 */
export async function sendMail(settings: MailSettings, mail: Mail, signal: AbortSignal): Promise<void> {
  const { host, port, isTlsFirst, administrator, sender, login } = settings;
  const tooLate = new AbortController();
  const { createTransport } = await mailTransport();
  const handing = setTimeout(() => tooLate.abort(), HANDING_TIMEOUT);
  const transport = createTransport({
    host,
    port,
    secure: isTlsFirst,
    requireTLS: login !== undefined,
    ...(login && { auth: { user: login.user, pass: login.password } }),
    // Who logs in must know to whom; encryption that nobody asked for is better than none, whoever answers.
    tls: { rejectUnauthorized: login !== undefined && !LOOPBACK_HOST.test(host) },
    connectionTimeout: GREETING_TIMEOUT,
    greetingTimeout: GREETING_TIMEOUT,
    socketTimeout: ANSWER_TIMEOUT,
    logger: progressLogger(() => clearTimeout(handing)),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from: { name: 'Simulation Server', address: sender },
      to: { name: 'Administrator', address: administrator },
      subject: mail.subject,
      text: mail.text,
      messageId: `<${mail.id}@${sender.split('@').at(-1)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.any([signal, tooLate.signal]),
    });
  } catch (error) {
    if (tooLate.signal.aborted) throw new Error(`it did not take the mail within ${HANDING_TIMEOUT / 1000} s`);
    const refused = refusedBy(error);
    const complaint = complaintOf(error, login);
    throw refused === undefined ? new Error(complaint) : new MailRefusalError(refused, complaint);
  } finally {
    clearTimeout(handing);
  }
}

/** What the transport writes its log to. @param onHanded hears that the host has the whole mail, and is to answer */
function progressLogger(onHanded: () => void) {
  const ignore = () => {};
  const info = (entry: unknown) => {
    if ((entry as { tnx?: unknown } | undefined)?.tnx === 'message') onHanded();
  };
  return { level: ignore, trace: ignore, debug: ignore, info, warn: ignore, error: ignore, fatal: ignore };
}

/**
 * Hands a mail to the mail host that says that mails arrive.
 *
 * @param server host name of the session server, which signs
 * @throws Error if the host did not take it within 30 s, with what it said
 */
export async function sendTestMail(settings: MailSettings, server: string): Promise<void> {
  const mail = {
    id: `test-${crypto.randomUUID()}`,
    subject: 'Mails of the session server arrive',
    text: `Dear administrator,\n\nthis mail was asked for as a test. Where you read it, you will be told when a simulation server fails, fills up or comes back.\n\nYour session server on ${server}\n`,
  };
  await sendMail(settings, mail, AbortSignal.timeout(TEST_TIMEOUT));
}

/** What went wrong, in one line, without the password in any form in which a host could repeat it. */
function complaintOf(error: unknown, login: MailSettings['login']): string {
  const safe = secretsOf(login).reduce((text, secret) => text.replaceAll(secret, REDACTED), problemOf(error));
  return safe.replace(/\s+/g, ' ').trim().slice(0, MAX_COMPLAINT);
}

/** The password, and how AUTH PLAIN and AUTH LOGIN send it. */
function secretsOf(login: MailSettings['login']): string[] {
  if (!login) return [];
  const { user, password } = login;
  return [password, ...[`\0${user}\0${password}`, password].map((text) => Buffer.from(text).toString('base64'))];
}
