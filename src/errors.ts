import { type End, type EndReason, internalError } from '../machines/end-reason.ts';

/** Errors that concern the operator, beside the reasons that end a session (`machines/end-reason.ts`). */
export const OPERATOR_ERRORS = {
  commandLineInvalid: 'An option on the command line is unknown or has a wrong value.',
  configurationInvalid: 'A configuration file cannot be read, or a value in it is impossible.',
  portTaken: 'Another program listens on the port.',
  bindFailed: 'The address or port cannot be listened on.',
  takeoverRefused: 'The server that runs did not hand over its port.',
  worldUnreadable: 'The world file cannot be read, or its text is not that of a world.',
  recordingUnreadable: 'The file is no recording, and no post-mortem that holds one.',
} as const;

export type ErrorCode = EndReason | keyof typeof OPERATOR_ERRORS;

/** An expected failure. `message` says what was expected and what came, in words that may be shown to a client. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** What the server lacks, by the system's code for it. */
const SHORTAGES = {
  EMFILE: 'has too many files open',
  ENFILE: 'has too many files open',
  EAGAIN: 'can start no more processes',
  ENOMEM: 'has no memory left',
} as const;

export function shortageError(code: keyof typeof SHORTAGES, cause: unknown): AppError {
  const message = `The simulation server ${SHORTAGES[code]}. Please try again later.`;
  return new AppError('machineExhausted', message, { cause });
}

/** The failure that `error` stands for if the machine gave no more files, processes or memory, else undefined. */
export function shortageOf(error: unknown): AppError | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  // Of a worker thread, Node tells the system's code in words only: `Worker initialization failure: EMFILE`.
  if (code === 'ERR_WORKER_INIT_FAILED') return shortageOf({ code: /\bE[A-Z]+$/.exec(message ?? '')?.[0] });
  return typeof code === 'string' && code in SHORTAGES
    ? shortageError(code as keyof typeof SHORTAGES, error)
    : undefined;
}

/** Whether an error thrown in a session stands for an end of its own; any other is a bug. */
export function isExpected(error: unknown): boolean {
  return expectedFailure(error) !== undefined;
}

/** The end that an error thrown in a session stands for, with its cause; what nobody expected is `internalError`, with the error as its cause. */
export function endOf(error: unknown): End {
  const failure = expectedFailure(error);
  if (!failure) return internalError(error);
  const { code, message, cause } = failure;
  return { reason: code as EndReason, text: message, ...(cause !== undefined && { cause }) };
}

function expectedFailure(error: unknown): AppError | undefined {
  const failure = error instanceof AppError ? error : shortageOf(error);
  return failure && !(failure.code in OPERATOR_ERRORS) ? failure : undefined;
}
