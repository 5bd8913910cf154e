import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkoutFailure, MEBIBYTE } from './checkout-failure.ts';
import { readGitProgress, sizeInWords } from './checkout-progress.ts';
import { type GitContext, gitFailure, runGit } from './git-program.ts';
import { writeGitSecret } from './git-secret.ts';
import { readRegularFile } from './pristine-path.ts';
import type { GroupResult } from './process-group.ts';
import type { FetchedProject, FetchTask } from './project-fetch.ts';
import { MAX_PROJECT_FILES } from './project-tree.ts';
import { watchSize } from './size-watch.ts';
import type { WorldReading } from './world-url.ts';

/** Longest wait for git to give a file out of its own folder, in ms; our choice, a thousand times what it takes. */
const PRISTINE_WAIT = 10_000;

/** Where git works, and with what. */
interface Repository extends GitContext {
  readonly gitFolder: string;
  readonly workTree: string;
}

/**
 * Fetches a project with git: one commit, and only the folder of the project.
 *
 * @param url URL of the repository
 * @throws AppError, or the task's abort reason
 */
export async function fetchNatively(task: FetchTask, url: string): Promise<FetchedProject> {
  const { world, folder, gitFolder, workTree, progress, session, spawn, measure, log, sizeLimit, credential } = task;
  const exceeded = new AbortController();
  let isCloned = false;
  const secret = credential && (await writeGitSecret(folder, url, credential));
  const repository: Repository = {
    world,
    url,
    home: folder,
    session,
    spawn,
    secret,
    gitFolder,
    workTree,
    signal: AbortSignal.any([task.signal, exceeded.signal]),
    onErrorLine(line) {
      const heard = readGitProgress(line);
      if (heard) progress.step(heard.step, heard.detail);
    },
    log,
  };
  const stopWatch = watchSize({
    folders: [gitFolder, workTree],
    limit: sizeLimit,
    measure,
    onMeasured(sizes) {
      // Git tells a size itself while it clones, but not while it fetches the files of a folder.
      const received = sizes[0]?.bytes ?? 0;
      if (isCloned && received > MEBIBYTE) progress.step('receiving', sizeInWords(received));
      if (sizes.some(({ bytes }) => bytes > sizeLimit)) exceeded.abort(checkoutFailure.tooLarge(world, sizeLimit));
      if (sizes.some(({ count }) => count > MAX_PROJECT_FILES)) {
        exceeded.abort(checkoutFailure.tooManyFiles(world, MAX_PROJECT_FILES));
      }
    },
  });
  try {
    progress.step('asking');
    const reading = await fetchCommit(repository);
    isCloned = true;
    const commit = await writeWorkTree(repository, reading);
    return { reading, commit, readPristine: (file) => readIndexed(repository, file) };
  } finally {
    stopWatch();
    await secret?.remove();
  }
}

/** Fetches the commit of the first reading whose ref exists; blobs come along only where all of them are wanted. */
async function fetchCommit(repository: Repository): Promise<WorldReading> {
  const [first] = repository.world.readings;
  if (isCommitId(first.ref)) {
    await fetchCommitId(repository, first);
    return first;
  }
  const attempt = await clone(repository, first);
  if (attempt.status === 0) return first;
  const found = isRefMissing(attempt) ? await findLongerRef(repository) : undefined;
  if (!found) throw gitFailure(repository, attempt);
  await succeed(repository, clone(repository, found));
  return found;
}

function clone(repository: Repository, { ref, folder }: WorldReading): Promise<GroupResult> {
  return runGit(repository, [
    'clone',
    '--bare',
    '--depth=1',
    '--single-branch',
    '--no-tags',
    '--template=',
    '--progress',
    ...filterArguments(folder),
    ...(ref === 'HEAD' ? [] : [`--branch=${ref}`]),
    '--',
    repository.url,
    repository.gitFolder,
  ]);
}

/** Where the project is the whole repository, its files come with the commit: one exchange less with the server. */
function filterArguments(folder: string): string[] {
  return folder === '' ? [] : ['--filter=blob:none'];
}

async function fetchCommitId(repository: Repository, { ref, folder }: WorldReading): Promise<void> {
  await succeed(repository, runGit(repository, ['init', '--bare', '--quiet', '--template=', repository.gitFolder]));
  const options = ['--depth=1', '--no-tags', '--progress', ...filterArguments(folder)];
  await succeed(
    repository,
    runGit(repository, [...gitArguments(repository), 'fetch', ...options, 'origin', ref.toLowerCase()]),
  );
}

function isRefMissing({ errors }: GroupResult): boolean {
  return /^fatal: Remote branch .* not found/m.test(errors);
}

/** Asks the server for the first of the readings with a longer ref that is a branch or a tag. */
async function findLongerRef(repository: Repository): Promise<WorldReading | undefined> {
  const readings = repository.world.readings.slice(1);
  if (readings.length === 0) return undefined;
  const patterns = readings.flatMap(({ ref }) => [`refs/heads/${ref}`, `refs/tags/${ref}`]);
  const result = await succeed(
    repository,
    runGit(repository, ['ls-remote', '--heads', '--tags', '--', repository.url, ...patterns]),
  );
  const lines = result.output.toString().split('\n');
  const refs = new Set(lines.map((line) => line.split('\t')[1]));
  return readings.find(({ ref }) => refs.has(`refs/heads/${ref}`) || refs.has(`refs/tags/${ref}`));
}

/** @returns the commit that the work tree was written from */
async function writeWorkTree(repository: Repository, { ref, folder, world }: WorldReading): Promise<string> {
  const { gitFolder, workTree } = repository;
  const revision = `${isCommitId(ref) ? ref.toLowerCase() : 'HEAD'}^{commit}`;
  const git = gitArguments(repository);
  const isSparse = folder !== '';
  if (isSparse) {
    await mkdir(path.join(gitFolder, 'info'), { recursive: true });
    await writeFile(path.join(gitFolder, 'info', 'sparse-checkout'), `/${folder}/\n`);
  }
  const settings = [`--work-tree=${workTree}`, '-c', `core.sparseCheckout=${isSparse}`];
  const [named, written] = await Promise.allSettled([
    commitOf(repository, ref, revision),
    runGit(repository, [...git, ...settings, 'read-tree', '-m', '-u', '-v', revision]),
  ]);
  if (named.status === 'rejected') throw named.reason;
  if (written.status === 'rejected') throw written.reason;

  if (named.value === undefined) throw checkoutFailure.refNotFound(repository.world);
  // What git before 2.27 says to a folder that is not there.
  if (/Sparse checkout leaves no entry/.test(written.value.errors)) {
    throw checkoutFailure.worldMissing({ ref, folder, world });
  }
  if (written.value.status !== 0) throw gitFailure(repository, written.value);
  return named.value;
}

/** @returns the commit's id; undefined if the revision is none */
async function commitOf(repository: Repository, ref: string, revision: string): Promise<string | undefined> {
  const cloned = isCommitId(ref) ? undefined : await clonedCommit(repository.gitFolder);
  if (cloned !== undefined) return cloned;
  const { status, output } = await runGit(repository, [
    ...gitArguments(repository),
    'rev-parse',
    '--verify',
    '--quiet',
    revision,
  ]);
  return status === 0 ? output.toString().trim() : undefined;
}

/** The commit of HEAD as a clone leaves it, read from its files: a process less; undefined where they tell otherwise. */
async function clonedCommit(gitFolder: string): Promise<string | undefined> {
  const head = (await readFile(path.join(gitFolder, 'HEAD'), 'latin1')).trim();
  if (isCommitId(head)) return head;
  const branch = head.replace(/^ref: /, '');
  const refs = await readFile(path.join(gitFolder, 'packed-refs'), 'latin1').catch(() => '');
  return refs
    .split('\n')
    .find((line) => line.endsWith(` ${branch}`))
    ?.split(' ')[0];
}

/** A file of the index, written anew to a folder beside the work tree; undefined if it is not a regular file. */
async function readIndexed(repository: Repository, file: string): Promise<Buffer | undefined> {
  const offline: Repository = {
    ...repository,
    signal: AbortSignal.timeout(PRISTINE_WAIT),
    onErrorLine: () => undefined,
    // What was not checked out is not fetched now.
    protocols: 'none',
    secret: undefined,
  };
  const place = await mkdtemp(path.join(repository.home, 'pristine-'));
  try {
    const git = [...gitArguments(offline), `--work-tree=${repository.workTree}`];
    const result = await runGit(offline, [...git, 'checkout-index', `--prefix=${place}/`, '--', file]);
    if (/ is not in the cache$/m.test(result.errors)) return undefined;
    if (result.status !== 0) throw gitFailure(offline, result);
    return await readRegularFile(path.join(place, file));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function gitArguments({ gitFolder, url }: Repository): string[] {
  return [`--git-dir=${gitFolder}`, '-c', `remote.origin.url=${url}`];
}

/** @throws AppError when git failed */
async function succeed(repository: Repository, running: Promise<GroupResult>): Promise<GroupResult> {
  const result = await running;
  if (result.status !== 0) throw gitFailure(repository, result);
  return result;
}

function isCommitId(ref: string): boolean {
  return /^[0-9a-f]{40}$/i.test(ref);
}
