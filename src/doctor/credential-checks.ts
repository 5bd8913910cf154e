import { stat } from 'node:fs/promises';
import { outwardFetch, problemOf } from '../outward-fetch.ts';
import { type Credential, type CredentialRule, readCredential } from '../projects/credentials.ts';
import type { GitHosts } from '../projects/git-hosts.ts';
import { hostKindOf } from '../projects/repository-prefix.ts';
import { type Check, type Finding, failure, fine, warning } from './finding.ts';

/** Longest wait for an answer of a git server, in ms: our choice. */
const PATIENCE = 15_000;

/** Name of a repository that nobody has. */
const NOBODYS = 'webots-hub-doctor';

/** Permissions of others than the owner of a file. */
const OTHERS = 0o077;

/** A rule, and what its git server is asked for. */
export interface CredentialQuestion {
  readonly rule: CredentialRule;
  /** URL of a repository as git asks for it. */
  readonly url: string;
  /** Whether there is such a repository for certain, so that a token that does not show it is of no use. */
  readonly isRepository: boolean;
}

/** Whether a token can be read, by its owner alone, and its git server takes it. */
export function credentialCheck(question: CredentialQuestion, environment = process.env): Check {
  const { rule } = question;
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
      return [...(await permissionFindings(what, rule)), await answerOf(what, place, credential, question)];
    },
  };
}

async function permissionFindings(what: string, { tokenFile }: CredentialRule): Promise<Finding[]> {
  if (tokenFile === undefined || process.platform === 'win32') return [];
  const { mode } = await stat(tokenFile);
  if ((mode & OTHERS) === 0) return [];
  return [warning(what, `others than its owner may read or write ${tokenFile}`, `\`chmod 600 ${tokenFile}\``)];
}

/** Asks for the refs of the repository, as git does first. */
async function answerOf(
  what: string,
  place: string,
  { authorization }: Credential,
  { url, isRepository }: CredentialQuestion,
): Promise<Finding> {
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
    return failure(what, `not tried, because the git server does not answer: ${problemOf(error)}`, 'check the network');
  }
  if (status === 200) return fine(what, `shows ${url}`);
  if (status === 404 && !isRepository) return fine(what, 'taken by the git server');
  if (status === 404) return failure(what, `does not show ${url}`, 'give the token the right to read it');
  if (status === 401 || status === 403) {
    return failure(what, `refused by the git server with status ${status}`, `put a token that is valid into ${place}`);
  }
  const advice = status >= 300 && status < 400 ? 'name the new place of the repository' : 'ask again later';
  return failure(what, `answered for ${url} with status ${status}`, advice);
}

/**
 * The rules, each with its repository, or the first one below its prefix that is allowed to run, if any is named; else
 * with one that there may not be, by which the git server tells whether it knows the token at all.
 *
 * @param hosts what runs at git hosts, beside `github.com`
 */
export function credentialQuestions(
  rules: readonly CredentialRule[],
  allowedRepositories: readonly string[],
  hosts: GitHosts = {},
): CredentialQuestion[] {
  const repositories = allowedRepositories.flatMap((url) => repositoryIn(url, hosts) ?? []);
  return rules.map((rule) => {
    const prefix = rule.prefix.replace(/\/+$/, '');
    const below = repositories.find((url) => `${withoutGit(url)}/`.startsWith(`${withoutGit(prefix)}/`));
    const repository = repositoryIn(prefix, hosts) ?? below;
    return { rule, url: repository ?? possibleRepository(prefix, hosts), isRepository: repository !== undefined };
  });
}

/**
 * The repository that a URL prefix names for certain, as git asks for it. On a GitLab any number of groups may stand
 * before the project, so that only what follows the name tells it.
 */
function repositoryIn(prefix: string, hosts: GitHosts): string | undefined {
  if (hostKindOf(prefix, hosts) !== 'gitlab') return /^https?:\/\/[^/]+\/[^/]+\/[^/]+/.exec(prefix)?.[0];
  const [, name] = /^(https?:\/\/[^/]+\/[^/]+\/.*?)(?:\/-\/|\.git(?:\/|$))/i.exec(prefix) ?? [];
  return name === undefined ? undefined : `${name}.git`;
}

/** On a GitLab what has the name of a project, which may be a group; else a repository that nobody has. */
function possibleRepository(prefix: string, hosts: GitHosts): string {
  const count = new URL(prefix).pathname.split('/').filter(Boolean).length;
  const isGitLab = hostKindOf(prefix, hosts) === 'gitlab';
  if (isGitLab && count > 1) return `${prefix}.git`;
  const url = count === 0 ? `${prefix}/${NOBODYS}/${NOBODYS}` : `${prefix}/${NOBODYS}`;
  return isGitLab ? `${url}.git` : url;
}

/** Git hosts compare names without regard to case, and to `.git`. */
function withoutGit(url: string): string {
  return url.toLowerCase().replace(/\.git$/, '');
}
