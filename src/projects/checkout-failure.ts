import { AppError } from '../errors.ts';
import type { WorldReading, WorldUrl } from './world-url.ts';

/** The failures of a checkout that hold for every implementation, in words for the person who waits. */
export const checkoutFailure = {
  repositoryNotFound: (world: WorldUrl, cause?: unknown) =>
    new AppError('projectNotFound', `${nameOf(world)} does not exist or is not public.`, { cause }),

  refNotFound: (world: WorldUrl, cause?: unknown) =>
    new AppError('projectNotFound', `${nameOf(world)} has no branch, tag or commit "${world.readings[0].ref}".`, {
      cause,
    }),

  /** @param what the git server does, e.g. `broke off` */
  unreachable: (world: WorldUrl, what: string, cause?: unknown) =>
    new AppError('projectUnreachable', `The git server of ${nameOf(world)} ${what}.`, { cause }),

  /** @param limit bytes */
  tooLarge: (world: WorldUrl, limit: number) =>
    new AppError('projectTooLarge', `${nameOf(world)} is larger than the ${limit / MEBIBYTE} MiB that are allowed.`),

  /** @param limit number of files, folders and links */
  tooManyFiles: (world: WorldUrl, limit: number) =>
    new AppError('projectTooLarge', `${nameOf(world)} has more than the ${limit} files that are allowed.`),

  unusable: (world: WorldUrl, why: string, cause?: unknown) =>
    new AppError('projectUnusable', `${nameOf(world)} cannot be used: ${why}.`, { cause }),

  worldMissing: (reading: WorldReading) => new AppError('worldMissing', `${reading.world} does not exist.`),

  /** @param seconds the bound that was reached */
  timedOut: (world: WorldUrl, seconds: number) =>
    new AppError('checkoutTimedOut', `Fetching ${nameOf(world)} took longer than ${seconds} s.`),

  diskFull: (cause?: unknown) =>
    new AppError('diskFull', 'The simulation server has no room on its disk for the project.', { cause }),
} as const;

/** What a git server does that does not serve, in the words of `unreachable`. */
export const GIT_SERVER_FAULT = {
  absent: 'cannot be reached',
  broken: 'broke off',
  damaged: 'sent damaged data',
  strange: 'does not answer as it should',
  status: (code: number | string) => `answered with HTTP status ${code}`,
} as const;

/** Bytes in a MiB. */
export const MEBIBYTE = 1024 * 1024;

/** Whether the system said that there is no room: no space, or no quota. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/** Whether `error` says that the git server knows no such repository, or does not show it. */
export function isRepositoryHidden(world: WorldUrl, error: unknown): boolean {
  return error instanceof AppError && error.message === checkoutFailure.repositoryNotFound(world).message;
}

/** The repository in the words of its URL, e.g. `github.com/owner/repository`. */
export function nameOf({ host, owner, repository }: WorldUrl): string {
  return `${host}/${owner}/${repository}`;
}
