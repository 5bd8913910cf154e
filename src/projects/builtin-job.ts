import type { ErrorCode } from '../errors.ts';
import type { ProgressStep } from './checkout-progress.ts';
import type { WorldReading, WorldUrl } from './world-url.ts';

/** What the worker of the built-in implementation is started for; one job a worker. */
export type BuiltinJob =
  | {
      readonly kind: 'fetch';
      readonly world: WorldUrl;
      /** URL of the repository, http or https. */
      readonly url: string;
      /** Value of the header `Authorization`, for this scheme, host and port alone. */
      readonly authorization?: { readonly origin: string; readonly value: string } | undefined;
      readonly gitFolder: string;
      readonly workTree: string;
      /** Most bytes that may be written to the work tree. */
      readonly sizeLimit: number;
    }
  | {
      readonly kind: 'read';
      readonly gitFolder: string;
      readonly commit: string;
      /** Path in the repository. */
      readonly file: string;
    };

/** What the worker tells; the last one ends the job. */
export type BuiltinReport =
  | { readonly kind: 'progressed'; readonly step: ProgressStep; readonly detail: string }
  | { readonly kind: 'fetched'; readonly reading: WorldReading; readonly commit: string }
  | {
      readonly kind: 'read' /** Undefined if there is no such regular file. */;
      readonly content: Uint8Array | undefined;
    }
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string /** For the log. */;
      readonly detail: string;
    };
