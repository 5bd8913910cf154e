import fs from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import git, { type HttpClient } from 'isomorphic-git';
import { AppError } from '../errors.ts';
import { problemOf } from '../outward-fetch.ts';
import { boundedHttp } from './builtin-http.ts';
import type { BuiltinJob, BuiltinReport } from './builtin-job.ts';
import { findTree, type TreeWriter, writeTree } from './builtin-tree.ts';
import { checkoutFailure, GIT_SERVER_FAULT, isDiskFull, MEBIBYTE } from './checkout-failure.ts';
import { PROGRESS_INTERVAL, type ProgressStep, sizeInWords } from './checkout-progress.ts';
import { MAX_PRISTINE_SIZE } from './pristine-path.ts';
import type { WorldReading, WorldUrl } from './world-url.ts';

/** Most bytes received for one project: isomorphic-git takes some four times as much memory (measured); our choice. */
const PACK_LIMIT = 256 * MEBIBYTE;

type FetchJob = Extract<BuiltinJob, { kind: 'fetch' }>;
type ReadJob = Extract<BuiltinJob, { kind: 'read' }>;

const job = workerData as BuiltinJob;
report(await (job.kind === 'fetch' ? fetchProject(job) : readFile(job)));

async function fetchProject(job: FetchJob): Promise<BuiltinReport> {
  const { world, workTree } = job;
  try {
    const { reading, oid } = await fetchObjects(job);
    const commit = await writeProject(job, reading, oid, workTree);
    return { kind: 'fetched', reading, commit };
  } catch (error) {
    const failure = error instanceof AppError ? error : checkoutFailure.unusable(world, 'its files are damaged', error);
    return {
      kind: 'refused',
      code: failure.code,
      message: failure.message,
      detail: failure.cause === undefined ? '' : problemOf(failure.cause),
    };
  }
}

/** Fetches the commit of the first reading whose ref exists, with all of its files: filters are not supported here. */
async function fetchObjects({
  world,
  url,
  authorization,
  gitFolder,
  sizeLimit,
}: FetchJob): Promise<{ reading: WorldReading; oid: string }> {
  const limit = Math.min(sizeLimit, PACK_LIMIT);
  const progressed = progressReport('receiving');
  const tooLarge = () => checkoutFailure.tooLarge(world, limit);
  const http = boundedHttp({ limit, authorization, onReceived: progressed, tooLarge });
  try {
    const found = await findRef(http, url, world);
    if (!found) throw checkoutFailure.refNotFound(world);
    await git.init({ fs, gitdir: gitFolder, bare: true });
    await git.addRemote({ fs, gitdir: gitFolder, remote: 'origin', url });
    await git.fetch({
      fs,
      http,
      gitdir: gitFolder,
      remote: 'origin',
      remoteRef: found.oid,
      depth: 1,
      singleBranch: true,
    });
    return found;
  } catch (error) {
    throw fetchFailure(world, error);
  }
}

async function findRef(
  http: HttpClient,
  url: string,
  { readings }: WorldUrl,
): Promise<{ reading: WorldReading; oid: string } | undefined> {
  const [first] = readings;
  if (/^[0-9a-f]{40}$/i.test(first.ref)) return { reading: first, oid: first.ref.toLowerCase() };
  const refs = new Map<string, string>();
  const list = async (prefix: string) => {
    for (const { ref, oid } of await git.listServerRefs({ http, url, prefix })) refs.set(ref, oid);
  };
  const find = (reading: WorldReading) => {
    const oid = refs.get(`refs/heads/${reading.ref}`) ?? refs.get(`refs/tags/${reading.ref}`);
    return oid === undefined ? [] : [{ reading, oid }];
  };
  if (first.ref === 'HEAD') {
    await list('HEAD');
    const oid = refs.get('HEAD');
    return oid === undefined ? undefined : { reading: first, oid };
  }
  await list(`refs/heads/${first.ref}`);
  if (find(first).length === 0) await list(`refs/tags/${first.ref}`);
  return readings.flatMap(find)[0];
}

/** @returns the commit */
async function writeProject(
  { world, gitFolder, sizeLimit }: FetchJob,
  reading: WorldReading,
  oid: string,
  workTree: string,
): Promise<string> {
  const cache = {};
  const writer: TreeWriter = { world, gitFolder, sizeLimit, onWritten: progressReport('writing'), cache };
  const found = await git.readCommit({ fs, gitdir: gitFolder, oid, cache }).catch((cause: unknown) => {
    throw checkoutFailure.refNotFound(world, cause);
  });
  const tree = await findTree(writer, found.commit.tree, reading.folder);
  if (tree === undefined) throw checkoutFailure.worldMissing(reading);
  const folder = path.join(workTree, reading.folder);
  await mkdir(folder, { recursive: true });
  await writeTree(writer, tree, folder);
  return found.oid;
}

async function readFile({ gitFolder, commit, file }: ReadJob): Promise<BuiltinReport> {
  const cache = {};
  const folder = path.posix.dirname(file);
  // A folder that is not in the commit has no such file either.
  const content = await git
    .readTree({ fs, gitdir: gitFolder, oid: commit, cache, ...(folder !== '.' && { filepath: folder }) })
    .then(({ tree }) => tree.find((entry) => entry.path === path.posix.basename(file)))
    .then((entry) =>
      entry?.mode.startsWith('100') ? git.readBlob({ fs, gitdir: gitFolder, oid: entry.oid, cache }) : undefined,
    )
    .catch(() => undefined);
  return { kind: 'read', content: content && content.blob.length <= MAX_PRISTINE_SIZE ? content.blob : undefined };
}

function fetchFailure(world: WorldUrl, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isDiskFull(error)) return checkoutFailure.diskFull(error);
  if (error instanceof git.Errors.HttpError && [401, 403, 404].includes(error.data.statusCode)) {
    return checkoutFailure.repositoryNotFound(world, error);
  }
  return checkoutFailure.unreachable(world, faultOf(error), error);
}

function faultOf(error: unknown): string {
  if (error instanceof git.Errors.HttpError) return GIT_SERVER_FAULT.status(error.data.statusCode);
  // What isomorphic-git says of a pack that it cannot read.
  if (error instanceof git.Errors.InternalError) return GIT_SERVER_FAULT.damaged;
  // `fetch` throws these: while it connects, and while it reads.
  if (!(error instanceof TypeError)) return GIT_SERVER_FAULT.strange;
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
  const isOpen = error.message === 'terminated' || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET';
  return isOpen ? GIT_SERVER_FAULT.broken : GIT_SERVER_FAULT.absent;
}

/** Reports a size now and then. */
function progressReport(step: ProgressStep): (bytes: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (bytes) => {
    if (performance.now() - last < PROGRESS_INTERVAL) return;
    last = performance.now();
    report({ kind: 'progressed', step, detail: sizeInWords(bytes) });
  };
}

function report(message: BuiltinReport): void {
  parentPort!.postMessage(message);
}
