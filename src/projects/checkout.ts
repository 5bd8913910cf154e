import { AppError } from '../errors.ts';
import type { WorldUrl } from './world-url.ts';

/** What to check out, and where to. */
export interface CheckoutRequest {
  readonly world: WorldUrl;
  /** Absolute path of an empty folder, owned by the caller, who also removes it. */
  readonly folder: string;
  /** Ends the checkout early; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Hears lines in words for the person who waits, at a bounded rate; they are plain text, not HTML. */
  readonly onProgress: (line: string) => void;
  /** Added to the environment of every child process. */
  readonly env?: Readonly<Record<string, string>>;
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
  /** Longest time for one checkout, in seconds. */
  readonly checkoutTimeout: number;
  /** Most that one project may receive, and most that it may take on the disk, in MiB. */
  readonly maxProjectSize: number;
  /** Hears what the operator should know, e.g. what git printed when it failed. */
  readonly log?: (message: string) => void;
}

/**
 * Chooses the implementation.
 *
 * @throws AppError `configurationInvalid` when `native` is asked for and there is no git ≥ 2.25
 */
export async function createCheckout(_options: CheckoutOptions): Promise<Checkout> {
  throw new AppError('internalError', 'The checkout is not there yet.');
}
