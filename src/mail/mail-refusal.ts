/**
 * What a mail host refuses for good (RFC 5321, 4.2.1: replies 5yz): one mail, of which other mails know nothing, or
 * whoever sends, by what the configuration says, so that every mail would be refused.
 */
export type Refused = 'mail' | 'account';

/** A mail host has refused something for good; `message` has what it said. */
export class MailRefusalError extends Error {
  override readonly name = 'MailRefusalError';
  readonly refused: Refused;

  constructor(refused: Refused, message: string) {
    super(message);
    this.refused = refused;
  }
}

/** What nodemailer says of a failure: https://nodemailer.com/errors. */
interface SmtpFailure {
  /** Kind of failure, e.g. `EAUTH`. */
  readonly code?: string;
  /** What was answered, such as `RCPT TO`; `API` where nothing was sent. */
  readonly command?: string;
  /** The reply, with its code. */
  readonly response?: string;
  readonly responseCode?: number;
  /** Whether the reply is one of 5yz, but for 503, which says nothing of the mail. */
  readonly permanent?: boolean;
}

/** To what a reply that concerns the mail is given. It has one recipient, which is taken or refused as the mail is. */
const MAIL_COMMANDS: readonly (string | undefined)[] = ['RCPT TO', 'DATA'];

/** Replies that ask for a login (RFC 4954, 6) or for TLS (RFC 3207, 4), whatever they are given to. */
const LOGIN_WANTED: readonly (number | undefined)[] = [530, 534, 535, 538];

/** Of a recipient: this host does not pass mails on for who sends. Hosts without enhanced codes (RFC 3463, 3.8) say so in words. */
const RELAY_DENIED = /^\d{3}[ -]5\.7\.|\brelay/i;

/** What a failed attempt says is refused for good; undefined where the same may be taken later, as after 4yz or without a reply. */
export function refusedBy(error: unknown): Refused | undefined {
  const { code, command, response = '', responseCode, permanent } = error as SmtpFailure;
  if (permanent && MAIL_COMMANDS.includes(command) && !LOGIN_WANTED.includes(responseCode)) {
    return command === 'RCPT TO' && RELAY_DENIED.test(response) ? 'account' : 'mail';
  }
  // Without a reply: the host offers no way to log in, or an address of the configuration is none.
  const isUnsendable = responseCode === undefined && (code === 'EAUTH' || (code === 'EENVELOPE' && command === 'API'));
  return permanent || isUnsendable ? 'account' : undefined;
}
