import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { AppError } from '../errors.ts';
import { proxyVariables } from '../outward-fetch.ts';
import type { BuiltinJob, BuiltinReport } from './builtin-job.ts';
import { checkoutFailure, GIT_SERVER_FAULT, nameOf } from './checkout-failure.ts';
import type { FetchedProject, FetchTask } from './project-fetch.ts';

/** Most memory for the objects of one worker, in MiB, beside what it receives; our choice. */
const WORKER_MEMORY = 1024;

/** Longest wait for a worker to give a file out of the git folder, in ms; our choice. */
const PRISTINE_WAIT = 30_000;

/**
 * Fetches a project with isomorphic-git, in a worker thread, for machines without git.
 *
 * The whole commit is received, but only the folder of the project is written, its line ends as they are in the
 * repository.
 *
 * @param url URL of the repository
 * @throws AppError, or the task's abort reason
 */
export async function fetchByWorker(task: FetchTask, url: string): Promise<FetchedProject> {
  const { world, workTree, gitFolder, progress, sizeLimit, signal, log, credential } = task;
  if (!/^https?:/i.test(url)) {
    log(`Expected an http or https mirror for ${nameOf(world)}, because "git" is "builtin", got ${url}`);
    throw checkoutFailure.unreachable(world, GIT_SERVER_FAULT.absent);
  }
  progress.step('asking');
  const authorization = credential && { origin: credential.origin, value: credential.authorization };
  const job: BuiltinJob = { kind: 'fetch', world, url, authorization, gitFolder, workTree, sizeLimit };
  const report = await runJob(job, task, signal);
  if (report.kind !== 'fetched') throw new Error(`Expected the worker to fetch, got ${report.kind}`);
  const { reading, commit } = report;
  return { reading, commit, readPristine: (file) => readCommitted(task, commit, file) };
}

async function readCommitted(task: FetchTask, commit: string, file: string): Promise<Buffer | undefined> {
  const job: BuiltinJob = { kind: 'read', gitFolder: task.gitFolder, commit, file };
  const report = await runJob(job, task, AbortSignal.timeout(PRISTINE_WAIT));
  return report.kind === 'read' && report.content ? Buffer.from(report.content) : undefined;
}

/**
 * Runs a job in a worker of its own; settles when the worker has ended.
 *
 * @returns the worker's last report
 */
async function runJob(
  job: BuiltinJob,
  { world, progress, log }: FetchTask,
  signal: AbortSignal,
): Promise<BuiltinReport> {
  signal.throwIfAborted();
  const worker = new Worker(workerFile(), {
    workerData: job,
    env: proxyVariables(process.env),
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: WORKER_MEMORY },
  });
  const end = () => void worker.terminate();
  signal.addEventListener('abort', end, { once: true });
  let last: BuiltinReport | undefined;
  let failure: NodeJS.ErrnoException | undefined;
  worker.on('message', (report: BuiltinReport) => {
    if (report.kind === 'progressed') return progress.step(report.step, report.detail);
    last = report;
    // Connections that are kept for later would keep the worker.
    end();
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    failure = error;
  });
  await new Promise((resolve) => worker.once('exit', resolve));
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();

  if (failure?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    throw checkoutFailure.unusable(world, 'it takes more memory than there is for it', failure);
  }
  if (!last) throw failure ?? new Error('Expected the worker to report before it ends');
  if (last.kind === 'refused') {
    log(`fetching ${nameOf(world)} failed: ${last.message} ${last.detail}`);
    throw new AppError(last.code, last.message, { cause: last.detail === '' ? undefined : new Error(last.detail) });
  }
  return last;
}

/** The compiled worker: beside this file, or, where this file runs uncompiled, in the package's build. */
function workerFile(): string {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith('.js')) return path.join(path.dirname(here), 'builtin-worker.js');
  let root = path.dirname(here);
  while (!existsSync(path.join(root, 'package.json'))) root = path.dirname(root);
  return path.join(root, 'dist', 'src', 'projects', 'builtin-worker.js');
}
