import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';
import type { MeasureFolder } from '../reaper/measure-tree.ts';
import type { SpawnProgram } from '../reaper/program.ts';
import { fetchByWorker } from './builtin-fetch.ts';
import { checkoutFailure, isDiskFull, isRepositoryHidden, MEBIBYTE, nameOf } from './checkout-failure.ts';
import { checkoutProgress } from './checkout-progress.ts';
import { type Credential, type CredentialRule, credentialRuleFor, readCredential } from './credentials.ts';
import { fetchFromFolder } from './folder-fetch.ts';
import type { GitHosts } from './git-hosts.ts';
import { findGit, isGitRecent, OLDEST_GIT } from './git-program.ts';
import { type ProjectSource, resolveMirror } from './mirrors.ts';
import { fetchNatively } from './native-fetch.ts';
import { pristineMissing, pristinePath } from './pristine-path.ts';
import type { FetchedProject, FetchTask } from './project-fetch.ts';
import { inspectProject } from './project-tree.ts';
import type { WorldUrl } from './world-url.ts';

/** Name of the git folder beside the work tree; no repository can have it, because names do not end with `.git`. */
const GIT_FOLDER = 'checkout.git';

/** Where git keeps its own files of a checkout to `folder`; once it is removed, `readPristine` fails. */
export function gitFolderIn(folder: string): string {
  return path.join(folder, GIT_FOLDER);
}

/** What to check out, and where to. */
export interface CheckoutRequest {
  readonly world: WorldUrl;
  /** Absolute path of an empty folder, owned by the caller, who also removes it. */
  readonly folder: string;
  /** Ends the checkout early; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Hears lines in words for the person who waits, at a bounded rate; they are plain text, not HTML. */
  readonly onProgress: (line: string) => void;
  /** The session for which it is done: every program that is spawned belongs to it. */
  readonly session: string;
}

/** A project on the disk. */
export interface ProjectCheckout {
  /** Absolute path of the project: the folder that holds `worlds`. */
  readonly projectFolder: string;
  /** Absolute path of the world, a regular file inside `projectFolder` also after links are resolved. */
  readonly worldPath: string;
  /** The branch, tag or commit id that the URL was found to name. */
  readonly ref: string;
  /** The commit, 40 hex digits; undefined for a local folder, which has none. */
  readonly commit: string | undefined;
  /**
   * The content of a file as it was checked out, whatever became of it since.
   *
   * @param relativePath path in the project, with slashes
   * @throws AppError `clientMisbehaved` for a path that is absolute, has `..` or leads through a link, and for a file
   * that the project does not have
   */
  readPristine(relativePath: string): Promise<Buffer>;
}

/** Fetches projects from git servers and local folders. */
export interface Checkout {
  readonly implementation: 'native' | 'builtin';
  /**
   * Settles only when nothing that it started runs or writes any more.
   *
   * @throws AppError `projectNotFound`, `projectUnreachable`, `projectTooLarge`, `projectUnusable`,
   * `checkoutTimedOut`, `worldMissing` or `diskFull`; the signal's reason when aborted
   */
  checkout(request: CheckoutRequest): Promise<ProjectCheckout>;
}

export interface CheckoutOptions {
  /** `auto` takes git where git ≥ 2.25 is on the path, the built-in implementation elsewhere. */
  readonly git: 'auto' | 'native' | 'builtin';
  /** URL prefix → URL prefix of another git server, or a local folder. */
  readonly mirrors: Readonly<Record<string, string>>;
  /** Absolute path to which local folders in `mirrors` are relative: the configuration file's folder. */
  readonly mirrorBase: string;
  /** What runs at git hosts, beside `github.com`. */
  readonly hosts?: GitHosts;
  /** Longest time for one checkout, in seconds. */
  readonly checkoutTimeout: number;
  /** Most that one project may receive, and most that it may take on the disk, in MiB. */
  readonly maxProjectSize: number;
  /** By what repositories are fetched that are not public; by default nothing. */
  readonly credentials?: readonly CredentialRule[];
  /** Where tokens are looked up that are in variables; by default this process's. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Runs git. */
  readonly spawn: SpawnProgram;
  /** Looks how much of a project is there already. */
  readonly measure: MeasureFolder;
  /** Hears what the operator should know, e.g. what git printed when it failed. */
  readonly log?: (message: string) => void;
  /** Hears what the operator must mend, e.g. a token that the git server refuses. */
  readonly warn?: (message: string) => void;
}

/**
 * Chooses the implementation.
 *
 * @throws AppError `configurationInvalid` when `native` is asked for and there is no git ≥ 2.25
 */
export async function createCheckout(options: CheckoutOptions): Promise<Checkout> {
  const implementation = await chooseImplementation(options.git);
  return { implementation, checkout: (request) => checkOut(request, options, implementation) };
}

async function chooseImplementation(choice: CheckoutOptions['git']): Promise<Checkout['implementation']> {
  if (choice === 'builtin') return 'builtin';
  const version = await findGit();
  if (version && isGitRecent(version)) return 'native';
  if (choice === 'auto') return 'builtin';
  const got = version ? `git ${version.join('.')}` : 'none';
  throw new AppError(
    'configurationInvalid',
    `Expected git ${OLDEST_GIT.join('.')} or newer on the path, because "git" is "native", got ${got}`,
  );
}

async function checkOut(
  request: CheckoutRequest,
  options: CheckoutOptions,
  implementation: Checkout['implementation'],
): Promise<ProjectCheckout> {
  const { mirrors, mirrorBase, checkoutTimeout, maxProjectSize, spawn, measure, log = () => undefined } = options;
  const { world, folder, signal: leaving, session } = request;
  leaving.throwIfAborted();
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(checkoutFailure.timedOut(world, checkoutTimeout)),
    timerDelay(checkoutTimeout),
  );
  const signal = AbortSignal.any([leaving, timeout.signal]);
  const progress = checkoutProgress(world, request.onProgress);
  const sizeLimit = maxProjectSize * MEBIBYTE;
  const workTree = path.join(folder, world.repository);
  const gitFolder = gitFolderIn(folder);
  const task: FetchTask = {
    world,
    folder,
    workTree,
    gitFolder,
    signal,
    progress,
    session,
    spawn,
    measure,
    sizeLimit,
    log,
  };

  try {
    progress.connecting();
    await mkdir(workTree);
    const source = resolveMirror(world, mirrors, mirrorBase, options.hosts);
    const fetched = await fetchProject(task, source, implementation, options);
    const { reading, commit } = fetched;
    progress.step('checking');
    const project = await inspectProject({ world, reading, workTree, sizeLimit, signal, log });
    signal.throwIfAborted();
    progress.done();
    return { ...project, ref: reading.ref, commit, readPristine: (file) => readPristine(fetched, file) };
  } catch (error) {
    // However an aborted step came to its end, the reason is why it ended.
    signal.throwIfAborted();
    throw isDiskFull(error) ? checkoutFailure.diskFull(error) : error;
  } finally {
    clearTimeout(timer);
  }
}

async function fetchProject(
  task: FetchTask,
  source: ProjectSource,
  implementation: Checkout['implementation'],
  options: CheckoutOptions,
): Promise<FetchedProject> {
  if (source.kind === 'folder') return fetchFromFolder(task, source.path);
  const fetch = implementation === 'native' ? fetchNatively : fetchByWorker;
  const { warn = () => undefined } = options;
  const credential = await credentialFor(source.url, options);
  if (!credential) return fetch(task, source.url);
  const log = (message: string) => task.log(credential.redact(message));
  try {
    return await fetch({ ...task, log, credential }, source.url);
  } catch (error) {
    if (isRepositoryHidden(task.world, error)) {
      warn(`the git server does not show ${nameOf(task.world)} to the token of ${credential.prefix}`);
    }
    throw error;
  }
}

/** @returns undefined where there is none, or it cannot be read: a repository that is public is fetched all the same */
async function credentialFor(
  url: string,
  { credentials = [], environment = process.env, warn = () => undefined }: CheckoutOptions,
): Promise<Credential | undefined> {
  const rule = credentialRuleFor(url, credentials);
  if (!rule) return undefined;
  return readCredential(rule, environment).catch((error: unknown) => {
    warn(`the token of ${rule.prefix} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
}

async function readPristine({ reading, readPristine }: FetchedProject, file: string): Promise<Buffer> {
  const content = await readPristine(pristinePath(reading, file));
  if (!content) throw pristineMissing(file);
  return content;
}

/** A wait in ms that timers can keep, out of one in s; longer ones would fire at once. */
function timerDelay(seconds: number): number {
  return Math.min(seconds * 1000, 2 ** 31 - 1);
}
