import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { shortageError } from '../errors.ts';
import { proxyVariables } from '../outward-fetch.ts';
import type { SpawnProgram } from '../reaper/program.ts';
import { checkoutFailure, GIT_SERVER_FAULT, nameOf } from './checkout-failure.ts';
import type { GitSecret } from './git-secret.ts';
import { type GroupResult, runGroup } from './process-group.ts';
import type { WorldUrl } from './world-url.ts';

/** Oldest git whose `clone` takes filters and whose sparse checkouts work as used here. */
export const OLDEST_GIT = [2, 25] as const;

/** Longest wait for `git --version`, in ms; our choice. */
const VERSION_WAIT = 10_000;

/** Variables of the server's environment that reach git, beside proxies: where programs and certificates are. */
const INHERITED = [
  'PATH',
  'LD_LIBRARY_PATH',
  'GIT_EXEC_PATH',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
] as const;

/** Settings in place of the machine's, which are not read: nothing asks, runs hooks or works in the background. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'credential.helper=',
  'protocol.version=2',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'fetch.unpackLimit=1',
  'fetch.fsckObjects=true',
  // Submodules are not fetched, and git before 2.31 misses their list in a clone without files.
  'fetch.fsck.gitmodulesMissing=ignore',
  // Flaws of old commits and trees that do no harm, which GitHub serves.
  'fetch.fsck.zeroPaddedFilemode=ignore',
  'fetch.fsck.badFilemode=ignore',
  'fetch.fsck.badTimezone=ignore',
  'fetch.fsck.badEmail=ignore',
  'fetch.fsck.missingEmail=ignore',
  'fetch.fsck.missingNameBeforeEmail=ignore',
  'fetch.fsck.missingSpaceBeforeEmail=ignore',
  'fetch.fsck.missingSpaceBeforeDate=ignore',
  'fetch.fsck.zeroPaddedDate=ignore',
] as const;

/** How git is run for one checkout. */
export interface GitContext {
  readonly world: WorldUrl;
  /** URL of the repository, which decides over the protocols that may be spoken. */
  readonly url: string;
  /** Folder without anything of the user's in it: current folder and home of git. */
  readonly home: string;
  /** In place of the protocols of `url`, those that may be spoken, as in GIT_ALLOW_PROTOCOL. */
  readonly protocols?: string;
  /** To which git and what it spawns belong. */
  readonly session: string;
  readonly spawn: SpawnProgram;
  /** What the git server is shown, where git finds it. */
  readonly secret?: GitSecret | undefined;
  /** Ends git. */
  readonly signal: AbortSignal;
  /** Hears every line of the standard error. */
  readonly onErrorLine: (line: string) => void;
  readonly log: (message: string) => void;
}

/** Runs git; see {@link runGroup} for how it ends. */
export function runGit(context: GitContext, args: readonly string[]): Promise<GroupResult> {
  return runGroup({
    program: 'git',
    args: [...SETTINGS.flatMap((setting) => ['-c', setting]), ...args],
    cwd: context.home,
    env: gitEnvironment(context),
    session: context.session,
    spawn: context.spawn,
    signal: context.signal,
    onErrorLine: context.onErrorLine,
  });
}

/** @returns the version of the git on the path, e.g. `[2, 39]`; undefined where there is none */
export async function findGit(): Promise<readonly [major: number, minor: number] | undefined> {
  const env = { PATH: process.env.PATH ?? '' };
  // Not by execa, whose modules are a quarter of what a simulation server loads at its start.
  const asked = promisify(execFile)('git', ['--version'], {
    cwd: os.tmpdir(),
    env,
    timeout: VERSION_WAIT,
    killSignal: 'SIGKILL',
  });
  // Not there, not a program, or stuck: there is no git to use.
  const { stdout } = await asked.catch(() => ({ stdout: '' }));
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(stdout) ?? [];
  return major !== undefined ? [Number(major), Number(minor)] : undefined;
}

export function isGitRecent([major, minor]: readonly [number, number]): boolean {
  return major > OLDEST_GIT[0] || (major === OLDEST_GIT[0] && minor >= OLDEST_GIT[1]);
}

function gitEnvironment({ url, home, protocols, secret }: GitContext): Record<string, string> {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    ...proxyVariables(process.env),
    // Git before 2.32 knows no GIT_CONFIG_GLOBAL, but every git reads what is at home.
    HOME: secret?.home ?? home,
    XDG_CONFIG_HOME: secret?.home ?? home,
    ...(!secret && { GIT_CONFIG_GLOBAL: '/dev/null' }),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_ALLOW_PROTOCOL: protocols ?? (scheme === 'http' ? 'http:https' : scheme),
    GIT_PROGRESS_DELAY: '0',
    GIT_LITERAL_PATHSPECS: '1',
  };
}

type Failure = (world: WorldUrl, cause: Error, match: RegExpExecArray) => Error;

/** What git's words mean, most telling first. */
const FAILURES: readonly (readonly [RegExp, Failure])[] = [
  [/No space left on device|Disk quota exceeded/i, (_world, cause) => checkoutFailure.diskFull(cause)],
  [/Too many open files/i, (_world, cause) => shortageError('EMFILE', cause)],
  [/Resource temporarily unavailable|unable to create thread/i, (_world, cause) => shortageError('EAGAIN', cause)],
  [/Cannot allocate memory|out of memory/i, (_world, cause) => shortageError('ENOMEM', cause)],
  [
    /repository '.*' not found|does not appear to be a git repository|could not read (?:Username|Password)|Authentication failed|returned error: 40[134]/i,
    checkoutFailure.repositoryNotFound,
  ],
  [/Remote branch .* not found|couldn't find remote ref|not our ref|unadvertised object/i, checkoutFailure.refNotFound],
  [
    /fsck error|invalid path|invalid object|bad tree|not a (?:tree|commit)|File name too long|unable to create (?:file|symlink)/i,
    (world, cause) => checkoutFailure.unusable(world, 'git refuses what it holds', cause),
  ],
  [
    /inflate: data stream error|bad object at offset|pack is corrupted|pack signature mismatch|unresolved deltas/i,
    (world, cause) => checkoutFailure.unreachable(world, GIT_SERVER_FAULT.damaged, cause),
  ],
  [
    /returned error: (\d{3})/i,
    (world, cause, [, status = '']) => checkoutFailure.unreachable(world, GIT_SERVER_FAULT.status(status), cause),
  ],
  [
    /Failed to connect|Couldn't connect|Could not resolve|Connection refused|Connection timed out/i,
    (world, cause) => checkoutFailure.unreachable(world, GIT_SERVER_FAULT.absent, cause),
  ],
  [
    /early EOF|hung up unexpectedly|unexpected disconnect|Connection reset|Empty reply|transfer closed/i,
    (world, cause) => checkoutFailure.unreachable(world, GIT_SERVER_FAULT.broken, cause),
  ],
];

/** The failure that git's words stand for; the words themselves, which name paths of this machine, go to the log. */
export function gitFailure({ world, log, secret }: GitContext, result: GroupResult): Error {
  const printed = result.errors.trim();
  const words = secret ? secret.redact(printed) : printed;
  log(`git failed for ${nameOf(world)} with ${result.status ?? 'a signal'}: ${words}`);
  const cause = new Error(words);
  // What the git server makes git print is not git's own word.
  const ownWords = words.replaceAll(/^remote: .*$/gm, '');
  for (const [pattern, failure] of FAILURES) {
    const match = pattern.exec(ownWords);
    if (match) return failure(world, cause, match);
  }
  return checkoutFailure.unreachable(world, GIT_SERVER_FAULT.strange, cause);
}
