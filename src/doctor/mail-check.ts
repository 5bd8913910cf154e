import type { SessionConfig } from '../config/session-config.ts';
import { mailSettings, sendTestMail } from '../mail/send-mail.ts';
import { type Check, failure, fine, warning } from './finding.ts';

const WHAT = 'mail';

/** What to do about what a mail host, or the way to it, says. The first that fits counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /certificate|altnames/i,
    'trust the authority of the host by NODE_EXTRA_CA_CERTS=FILE, for the session server too, and see that `mailServer` is the name in the certificate',
  ],
  [
    /STARTTLS|SSL routines|wrong version number/i,
    'see `mailServerPort`: 587 is usual for STARTTLS, without which no password is sent, and 465 for TLS from the beginning',
  ],
  [/login|auth|credential|\b53[0458]\b/i, 'see `mailSenderUser` and `mailSenderPassword`'],
  [/\b55\d\b/, 'see `mailSender` and `administrator`: the host does not take mails of the one, or to the other'],
];

const WAY = 'see `mailServer` and `mailServerPort`, and that a firewall lets this machine reach them';

/** Sends a test message to the administrator, and says what is wrong where the mail host does not take it. */
export function mailCheck(config: SessionConfig): Check {
  return {
    what: WHAT,
    async look() {
      const settings = mailSettings(config);
      if (!settings) return [warning(WHAT, 'not configured', 'give `administrator`, `mailServer` and `mailSender`')];
      try {
        await sendTestMail(settings, config.server);
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        const [, advice = WAY] = ADVICE.find(([pattern]) => pattern.test(problem)) ?? [];
        return [failure(WHAT, `${settings.host}:${settings.port}: ${problem}`, advice)];
      }
      return [fine(WHAT, `a test message is on its way to ${settings.administrator}`)];
    },
  };
}
