import { type End, type EndReason, internalError } from '../machines/end-reason.ts';

/** Errors that concern the operator, beside the reasons that end a session (`machines/end-reason.ts`). */
export const OPERATOR_ERRORS = {
  commandLineInvalid: 'An option on the command line is unknown or has a wrong value.',
  configurationInvalid: 'A configuration file cannot be read, or a value in it is impossible.',
  portTaken: 'Another program listens on the port.',
  bindFailed: 'The address or port cannot be listened on.',
  worldUnreadable: 'The world file cannot be read, or its text is not that of a world.',
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

/** Whether an error thrown in a session stands for an end of its own; any other is a bug. */
export function isExpected(error: unknown): error is AppError {
  return error instanceof AppError && !(error.code in OPERATOR_ERRORS);
}

/** The end that an error thrown in a session stands for; what nobody expected is `internalError`, with the error as its cause. */
export function endOf(error: unknown): End {
  return isExpected(error) ? { reason: error.code as EndReason, text: error.message } : internalError(error);
}
