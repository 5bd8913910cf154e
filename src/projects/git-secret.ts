import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Credential } from './credentials.ts';

/** Where one git process finds what it shows to its git server. */
export interface GitSecret {
  /** Absolute path of a home for git, which holds its configuration and nothing else. */
  readonly home: string;
  redact(text: string): string;
  remove(): Promise<void>;
}

/**
 * Writes git's configuration with a token for one repository to a home that only the server's user can read.
 *
 * A file, because every git reads one: arguments are seen by all users of the machine, and git before 2.31 takes no
 * settings from the environment. Redirections are not followed, because git would show the token there too.
 *
 * @param folder absolute path of the checkout's folder
 * @param url of the repository
 */
export async function writeGitSecret(folder: string, url: string, credential: Credential): Promise<GitSecret> {
  // Folders of this name are readable for their user alone.
  const home = await mkdtemp(path.join(folder, 'git-home-'));
  const remove = () => rm(home, { recursive: true, force: true });
  const subsection = new URL(url).href.replace(/["\\]/g, '\\$&');
  const lines = [
    '[http]',
    'followRedirects = false',
    `[http "${subsection}"]`,
    `extraHeader = "Authorization: ${credential.authorization}"`,
  ];
  try {
    await writeFile(path.join(home, '.gitconfig'), `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    await remove();
    throw error;
  }
  return { home, redact: credential.redact, remove };
}
