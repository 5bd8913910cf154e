import { readFile } from 'node:fs/promises';

/** Longest token in characters that is read: our choice; those of git hosts have some hundreds at most. */
const LONGEST_TOKEN = 4_096;

/** User in whose name a token is shown where none is configured: GitHub asks for this one, GitLab and Gitea take any. */
const USUAL_USER = 'x-access-token';

/** Text that stands for a secret in messages. */
const REDACTED = '[redacted]';

/** By what repositories are fetched that are not public. */
export interface CredentialRule {
  /** URL of a host, an owner or a repository, as it is fetched: behind a mirror, that of the mirror. */
  readonly prefix: string;
  /** User name beside the token, by default `x-access-token`. */
  readonly user?: string | undefined;
  /** Absolute path of a file that holds the token and nothing else. */
  readonly tokenFile?: string | undefined;
  /** Name of an environment variable that holds it. */
  readonly tokenEnv?: string | undefined;
}

/** What is shown to one git server, and to no other. */
export interface Credential {
  /** What messages call it. */
  readonly prefix: string;
  /** Scheme, host and port to which it may be sent. */
  readonly origin: string;
  /** Value of the header `Authorization`. */
  readonly authorization: string;
  /** `text` without the token in any of the forms in which it is sent. */
  redact(text: string): string;
}

/** The rule whose prefix is the longest beginning of `url`: the same scheme, host and port, and whole path segments. */
export function credentialRuleFor(url: string, rules: readonly CredentialRule[]): CredentialRule | undefined {
  const wanted = segmentsOf(url);
  const matching = rules.filter(({ prefix }) =>
    segmentsOf(prefix).every((segment, index) => segment === wanted[index]),
  );
  return matching.reduce<CredentialRule | undefined>(
    (best, rule) => (best && segmentsOf(best.prefix).length >= segmentsOf(rule.prefix).length ? best : rule),
    undefined,
  );
}

/**
 * Reads a rule's token anew, so that one that was replaced counts from the next checkout on.
 *
 * @throws Error that says what is wrong with the token, and never holds it
 */
export async function readCredential(
  { prefix, user = USUAL_USER, tokenFile, tokenEnv }: CredentialRule,
  environment: NodeJS.ProcessEnv,
): Promise<Credential> {
  const place = tokenFile === undefined ? `the environment variable ${tokenEnv}` : tokenFile;
  const text = tokenFile === undefined ? environment[tokenEnv ?? ''] : await readFile(tokenFile, 'utf8');
  const token = (text ?? '').trim();
  if (token === '') throw new Error(`Expected a token in ${place}, found ${text === undefined ? 'none' : 'it empty'}`);
  if (token.length > LONGEST_TOKEN) {
    throw new Error(`Expected a token of at most ${LONGEST_TOKEN} characters in ${place}, found ${token.length}`);
  }
  if (!/^[!-~]+$/.test(token)) throw new Error(`Expected a token without spaces and control characters in ${place}`);
  const basic = Buffer.from(`${user}:${token}`).toString('base64');
  return {
    prefix,
    origin: new URL(prefix).origin,
    authorization: `Basic ${basic}`,
    redact: (message) => message.replaceAll(token, REDACTED).replaceAll(basic, REDACTED),
  };
}

/** Origin, and path segments as git hosts compare them: without regard to case, and to `.git` at the end. */
function segmentsOf(url: string): string[] {
  const { origin, pathname } = new URL(url);
  const path = pathname
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return [origin, ...path.split('/').filter((segment) => segment !== '')];
}
