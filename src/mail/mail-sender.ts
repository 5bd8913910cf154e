import { createHash } from 'node:crypto';
import { fromPromise } from 'xstate';
import type { MailDigest } from '../../machines/mailer.ts';
import type { Logger } from '../log.ts';
import { mailText } from './mail-text.ts';
import { type MailSettings, sendMail } from './send-mail.ts';

export interface MailSenderOptions {
  /** Those of the next mail. */
  settings(): MailSettings;
  /** Host name of the session server, which signs. */
  readonly server: string;
  /** Where its monitor page is. */
  readonly monitorUrl: string;
  /** Hears of each mail that was taken, and of the first failure in a row. */
  readonly log: Logger;
}

/** The `sender` actor of `mailerMachine`. */
export function mailSender({ settings, server, monitorUrl, log }: MailSenderOptions) {
  let isFailing = false;

  return fromPromise<void, MailDigest>(async ({ input: digest, signal }) => {
    const current = settings();
    const { host, port } = current;
    const mail = { id: idOf(digest, monitorUrl), ...mailText(digest, server, monitorUrl) };
    try {
      await sendMail(current, mail, signal);
    } catch (error) {
      const problem = signal.aborted ? 'it took too long' : (error as Error).message;
      if (!isFailing) log.warn({ host, port, problem }, 'mail host does not take mails');
      isFailing = true;
      throw error;
    }
    isFailing = false;
    log.info({ host, subject: mail.subject }, 'mail sent');
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
