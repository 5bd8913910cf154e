import { stat } from 'node:fs/promises';
import { outwardFetch } from '../outward-fetch.ts';
import { type Credential, type CredentialRule, readCredential } from '../projects/credentials.ts';
import { type Check, type Finding, failure, fine, warning } from './finding.ts';

/** Longest wait for an answer of a git server, in ms: our choice. */
const PATIENCE = 15_000;

/** Name of a repository that nobody has, by which a git server is asked whether it knows a token at all. */
const NOBODYS = 'webots-hub-doctor';

/** Permissions of others than the owner of a file. */
const OTHERS = 0o077;

/** A rule, and a repository below its prefix, where one is known. */
export interface CredentialQuestion {
  readonly rule: CredentialRule;
  /** URL of the repository. */
  readonly repository: string | undefined;
}

/** Whether a token can be read, by its owner alone, and its git server takes it. */
export function credentialCheck({ rule, repository }: CredentialQuestion, environment = process.env): Check {
  const what = `token of ${rule.prefix.replace(/^https?:\/\//, '')}`;
  const place = rule.tokenFile ?? `the variable ${rule.tokenEnv}`;
  return {
    what,
    async look() {
      let credential: Credential;
      try {
        credential = await readCredential(rule, environment);
      } catch (error) {
        return [failure(what, (error as Error).message, `put a token into ${place}, readable for the server's user`)];
      }
      return [...(await permissionFindings(what, rule)), await answerOf(what, place, credential, repository)];
    },
  };
}

async function permissionFindings(what: string, { tokenFile }: CredentialRule): Promise<Finding[]> {
  if (tokenFile === undefined || process.platform === 'win32') return [];
  const { mode } = await stat(tokenFile);
  if ((mode & OTHERS) === 0) return [];
  return [warning(what, `others than its owner may read or write ${tokenFile}`, `\`chmod 600 ${tokenFile}\``)];
}

/** Asks for the refs of the repository, as git does first; of one that nobody has where none is known. */
async function answerOf(
  what: string,
  place: string,
  { prefix, authorization }: Credential,
  repository: string | undefined,
): Promise<Finding> {
  const owner = new URL(prefix).pathname === '/' ? `${prefix.replace(/\/+$/, '')}/${NOBODYS}` : prefix;
  const url = (repository ?? `${owner.replace(/\/+$/, '')}/${NOBODYS}`).replace(/\/+$/, '');
  let status: number;
  try {
    const response = await outwardFetch(`${url}/info/refs?service=git-upload-pack`, {
      headers: { Authorization: authorization },
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    status = response.status;
    await response.body?.cancel();
  } catch (error) {
    const { cause, message } = error as Error;
    const problem = cause instanceof Error ? cause.message : message;
    return failure(what, `not tried, because the git server does not answer: ${problem}`, 'check the network');
  }
  if (status === 200) return fine(what, `shows ${url}`);
  if (status === 404 && repository === undefined) return fine(what, 'taken by the git server');
  if (status === 404) return failure(what, `does not show ${url}`, 'give the token the right to read it');
  if (status === 401 || status === 403) {
    return failure(what, `refused by the git server with status ${status}`, `put a token that is valid into ${place}`);
  }
  const advice = status >= 300 && status < 400 ? 'name the new place of the repository' : 'ask again later';
  return failure(what, `answered for ${url} with status ${status}`, advice);
}

/** The rules, each with the first repository below its prefix that is allowed to run, if any is named. */
export function credentialQuestions(
  rules: readonly CredentialRule[],
  allowedRepositories: readonly string[],
): CredentialQuestion[] {
  const repositories = allowedRepositories.flatMap((url) => /^https?:\/\/[^/]+\/[^/]+\/[^/]+/.exec(url)?.[0] ?? []);
  return rules.map((rule) => {
    const prefix = rule.prefix.replace(/\/+$/, '').toLowerCase();
    const isNamed = new URL(rule.prefix).pathname.split('/').filter(Boolean).length > 1;
    const below = repositories.find((url) => `${url}/`.toLowerCase().startsWith(`${prefix}/`));
    return { rule, repository: isNamed ? rule.prefix : below };
  });
}
