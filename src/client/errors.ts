/** What a call on a session can fail with. */
export const CLIENT_ERRORS = {
  notStreaming: 'The command needs an engine that listens.',
  timedOut: 'What was waited for did not happen in time.',
  ended: 'The session ended before what was waited for happened.',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

/** An expected failure of a call; how the session itself fails is told by `ended`. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
