import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkoutFailure } from './checkout-failure.ts';
import { readGitProgress, sizeInWords } from './checkout-progress.ts';
import { type GitContext, gitFailure, runGit } from './git-program.ts';
import type { GroupResult } from './process-group.ts';
import type { FetchedProject, FetchTask } from './project-fetch.ts';
import { watchSize } from './size-watch.ts';
import type { WorldReading } from './world-url.ts';

/** Longest wait for git to give a file out of its own folder, in ms; our choice, a thousand times what it takes. */
const PRISTINE_WAIT = 10_000;

/**
 * Fetches a project with git: one commit, and only the folder of the project.
 *
 * @param url URL of the repository
 * @throws AppError, or the task's abort reason
 */
export async function fetchNatively(task: FetchTask, url: string): Promise<FetchedProject> {
  const { world, folder, gitFolder, workTree, progress, env, log, sizeLimit } = task;
  const context: GitContext = { world, url, home: folder, env, log };
  const tooLarge = new AbortController();
  const signal = AbortSignal.any([task.signal, tooLarge.signal]);
  const onErrorLine = (line: string) => {
    const heard = readGitProgress(line);
    if (heard) progress.step(heard.step, heard.detail);
  };
  const stopWatch = watchSize({
    folders: [gitFolder, workTree],
    limit: sizeLimit,
    onMeasured: ([received = 0]) => progress.step('receiving', sizeInWords(received)),
    onExceeded: () => tooLarge.abort(checkoutFailure.tooLarge(world, sizeLimit)),
  });
  try {
    progress.step('asking');
    const reading = await fetchCommit(context, gitFolder, signal, onErrorLine);
    const commit = await writeWorkTree(context, gitFolder, reading, signal, workTree, onErrorLine);
    return { reading, commit, readPristine: (file) => readCommitted(context, gitFolder, commit, file) };
  } finally {
    await stopWatch();
  }
}

/** Fetches the commit of the first reading whose ref exists; blobs come along only where all of them are wanted. */
async function fetchCommit(
  context: GitContext,
  gitFolder: string,
  signal: AbortSignal,
  onErrorLine: (line: string) => void,
): Promise<WorldReading> {
  const [first] = context.world.readings;
  if (isCommitId(first.ref)) {
    await fetchCommitId(context, gitFolder, first, signal, onErrorLine);
    return first;
  }
  const clone = (reading: WorldReading) =>
    runGit(context, cloneArguments(context.url, gitFolder, reading), signal, onErrorLine);

  const attempt = await clone(first);
  if (attempt.status === 0) return first;
  const found = isRefMissing(attempt) ? await findLongerRef(context, signal) : undefined;
  if (!found) throw gitFailure(context, attempt);
  const result = await clone(found);
  if (result.status !== 0) throw gitFailure(context, result);
  return found;
}

function isRefMissing({ errors }: GroupResult): boolean {
  return /^fatal: Remote branch .* not found/m.test(errors);
}

function cloneArguments(url: string, gitFolder: string, reading: WorldReading): string[] {
  return [
    'clone',
    '--bare',
    '--depth=1',
    '--single-branch',
    '--no-tags',
    '--template=',
    '--progress',
    ...filterArguments(reading),
    ...(reading.ref === 'HEAD' ? [] : [`--branch=${reading.ref}`]),
    '--',
    url,
    gitFolder,
  ];
}

/** Where the project is the whole repository, its files come with the commit: one exchange less with the server. */
function filterArguments({ folder }: WorldReading): string[] {
  return folder === '' ? [] : ['--filter=blob:none'];
}

async function fetchCommitId(
  context: GitContext,
  gitFolder: string,
  reading: WorldReading,
  signal: AbortSignal,
  onErrorLine: (line: string) => void,
): Promise<void> {
  const made = await runGit(context, ['init', '--bare', '--quiet', '--template=', gitFolder], signal);
  if (made.status !== 0) throw gitFailure(context, made);
  const fetched = await runGit(
    context,
    [
      ...gitArguments(context, gitFolder),
      'fetch',
      '--depth=1',
      '--no-tags',
      '--progress',
      ...filterArguments(reading),
      'origin',
      reading.ref.toLowerCase(),
    ],
    signal,
    onErrorLine,
  );
  if (fetched.status !== 0) throw gitFailure(context, fetched);
}

/** Asks the server for the first of the readings with a longer ref that is a branch or a tag. */
async function findLongerRef(context: GitContext, signal: AbortSignal): Promise<WorldReading | undefined> {
  const readings = context.world.readings.slice(1);
  if (readings.length === 0) return undefined;
  const patterns = readings.flatMap(({ ref }) => [`refs/heads/${ref}`, `refs/tags/${ref}`]);
  const result = await runGit(context, ['ls-remote', '--heads', '--tags', '--', context.url, ...patterns], signal);
  if (result.status !== 0) throw gitFailure(context, result);
  const refs = new Set(
    result.output
      .toString()
      .split('\n')
      .map((line) => line.split('\t')[1]),
  );
  return readings.find(({ ref }) => refs.has(`refs/heads/${ref}`) || refs.has(`refs/tags/${ref}`));
}

/** @returns the commit that the work tree was written from */
async function writeWorkTree(
  context: GitContext,
  gitFolder: string,
  reading: WorldReading,
  signal: AbortSignal,
  workTree: string,
  onErrorLine: (line: string) => void,
): Promise<string> {
  const revision = `${isCommitId(reading.ref) ? reading.ref.toLowerCase() : 'HEAD'}^{commit}`;
  const git = gitArguments(context, gitFolder);
  const sparse = reading.folder !== '';
  if (sparse) {
    await mkdir(path.join(gitFolder, 'info'), { recursive: true });
    await writeFile(path.join(gitFolder, 'info', 'sparse-checkout'), `/${reading.folder}/\n`);
  }
  const settings = [`--work-tree=${workTree}`, '-c', `core.sparseCheckout=${sparse}`];
  const [named, written] = await Promise.allSettled([
    runGit(context, [...git, 'rev-parse', '--verify', '--quiet', revision], signal),
    runGit(context, [...git, ...settings, 'read-tree', '-m', '-u', '-v', revision], signal, onErrorLine),
  ]);
  if (named.status === 'rejected') throw named.reason;
  if (written.status === 'rejected') throw written.reason;

  const commit = named.value.output.toString().trim();
  if (named.value.status !== 0) throw checkoutFailure.refNotFound(context.world);
  if (/Sparse checkout leaves no entry/.test(written.value.errors)) throw checkoutFailure.worldMissing(reading);
  if (written.value.status !== 0) throw gitFailure(context, written.value);
  return commit;
}

/** A file of the commit, with its line ends as in the work tree; undefined if it is not a regular file. */
async function readCommitted(
  context: GitContext,
  gitFolder: string,
  commit: string,
  file: string,
): Promise<Buffer | undefined> {
  const signal = AbortSignal.timeout(PRISTINE_WAIT);
  const git = gitArguments(context, gitFolder);
  // What was not checked out is not fetched now.
  const offline: GitContext = { ...context, env: { ...context.env, GIT_ALLOW_PROTOCOL: 'none' } };
  const listed = await runGit(offline, [...git, 'ls-tree', '-z', commit, '--', file], signal);
  if (!/^100(?:644|755) blob /.test(listed.output.toString())) return undefined;
  const result = await runGit(offline, [...git, 'cat-file', '--filters', `${commit}:${file}`], signal);
  if (result.status !== 0) throw gitFailure(offline, result);
  return result.output;
}

function gitArguments({ url }: GitContext, gitFolder: string): string[] {
  return [`--git-dir=${gitFolder}`, '-c', `remote.origin.url=${url}`];
}

function isCommitId(ref: string): boolean {
  return /^[0-9a-f]{40}$/i.test(ref);
}
