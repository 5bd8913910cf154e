import type { MeasureFolder } from '../reaper/measure-tree.ts';
import type { SpawnProgram } from '../reaper/program.ts';
import type { CheckoutProgress } from './checkout-progress.ts';
import type { Credential } from './credentials.ts';
import type { WorldReading, WorldUrl } from './world-url.ts';

/** What every way of fetching a project is given. */
export interface FetchTask {
  readonly world: WorldUrl;
  /** Folder of the checkout, which exists; everything is written below it. */
  readonly folder: string;
  /** Folder in it for git's own files, beside the work tree; it is not there yet. */
  readonly gitFolder: string;
  /** Folder in it that becomes the root of the repository; it exists and is empty. */
  readonly workTree: string;
  /** Aborts with what the checkout is to be rejected with. */
  readonly signal: AbortSignal;
  readonly progress: CheckoutProgress;
  /** To which every program that is spawned belongs. */
  readonly session: string;
  readonly spawn: SpawnProgram;
  readonly measure: MeasureFolder;
  /** Most bytes that may be received, and most that may be written to the work tree. */
  readonly sizeLimit: number;
  readonly log: (message: string) => void;
  /** What the git server is shown, for repositories that are not public. */
  readonly credential?: Credential | undefined;
}

/** A project in the work tree, not yet looked through. */
export interface FetchedProject {
  /** The reading of the URL that was found to be right. */
  readonly reading: WorldReading;
  /** 40 hex digits; undefined where there are no commits. */
  readonly commit: string | undefined;
  /**
   * A file as it was fetched; undefined if there is no such regular file, or it is too large to be given out.
   *
   * @param path path in the repository, checked by `pristinePath`
   */
  readPristine(path: string): Promise<Buffer | undefined>;
}
