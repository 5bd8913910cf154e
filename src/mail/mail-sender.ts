import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { fromPromise } from 'xstate';
import type { MailAttempt, MailDigest } from '../../machines/mailer.ts';
import type { Logger } from '../log.ts';
import { MailRefusalError, type Refused } from './mail-refusal.ts';
import { mailText } from './mail-text.ts';
import { type MailSettings, sendMail } from './send-mail.ts';

/** Attempts at one mail: about 5 days at `longestRetry`, the least that mail hosts are given (RFC 5321, 4.5.4.1: 4-5 days). */
export const MOST_ATTEMPTS = 480;

export interface MailSenderOptions {
  /** Those of the next mail. */
  settings(): MailSettings;
  /** Host name of the session server, which signs. */
  readonly server: string;
  /** Where its monitor page is. */
  readonly monitorUrl: string;
  /** Hears of each mail that was taken or dropped, and of each kind of failure once until then, or until the settings change. */
  readonly log: Logger;
}

/**
 * The `sender` actor of `mailerMachine`. A mail that the host refuses for good is dropped, and so is one that it has
 * not taken in `MOST_ATTEMPTS`, so that neither holds up those that follow. One that is refused for whom it comes from
 * is kept: nothing is wrong with it, and each that follows would fare the same.
 */
export function mailSender({ settings, server, monitorUrl, log }: MailSenderOptions) {
  /** Whom it is said already that the host refuses; undefined for one that fails for now. */
  const said = new Set<Refused | undefined>();
  let last: MailSettings | undefined;

  function sayOnce(refused: Refused | undefined, failure: object): void {
    if (said.has(refused)) return;
    said.add(refused);
    if (refused === 'account') log.error(failure, 'mail host refuses this account');
    else log.warn(failure, 'mail host does not take mails');
  }

  return fromPromise<void, MailAttempt>(async ({ input: { mail: digest, failures }, signal }) => {
    const current = settings();
    const { host, port } = current;
    // Who has mended something hears whether that helps.
    if (!isDeepStrictEqual(current, last)) said.clear();
    last = current;
    const mail = { id: idOf(digest, monitorUrl), ...mailText(digest, server, monitorUrl) };
    const { subject } = mail;
    try {
      await sendMail(current, mail, signal);
      log.info({ host, subject }, 'mail sent');
    } catch (error) {
      const refused = error instanceof MailRefusalError ? error.refused : undefined;
      const problem = signal.aborted ? 'it took too long' : (error as Error).message;
      const attempts = failures + 1;
      if (refused === 'mail') log.error({ host, port, subject, problem }, 'mail refused for good');
      else if (attempts >= MOST_ATTEMPTS && !signal.aborted) {
        log.error({ host, port, subject, problem, attempts }, 'mail given up');
      } else {
        sayOnce(refused, { host, port, problem });
        throw error;
      }
    }
    said.clear();
  });
}

/** The same for each attempt, also of another process, and no other mail's: no two tell of the same changes. */
function idOf({ number, servers }: MailDigest, monitorUrl: string): string {
  const changes = servers.map(({ entry, firstAt, at }) => [entry, firstAt, at]);
  return createHash('sha256')
    .update(JSON.stringify([monitorUrl, number, changes]))
    .digest('hex')
    .slice(0, 32);
}
