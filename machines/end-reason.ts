/**
 * Why a client session ended: one list for the client's message, the log, the
 * metrics and the pages. The sentence says when the reason applies.
 */
export const END_REASONS = {
  clientLeft: 'The client closed its socket.',
  clientGone: 'The client no longer answers pings, or its connection broke.',
  clientSilent: 'The client opened a socket and sent no start message in time.',
  clientMisbehaved: 'The client made more mistakes than one connection may.',
  clientTooSlow: 'The client does not read what it is sent.',
  urlMissing: 'The start message named no world.',
  urlUnsupported: 'The URL is not one of a git host that this server serves.',
  urlMalformed: 'The URL does not name a world in a repository.',
  modeUnsupported: 'The engine of this server cannot stream in the mode that was asked for.',
  repositoryRefused: 'The lists of repositories or the load do not allow this project here.',
  serverFull: 'The server holds as many clients as it may.',
  addressLimitReached: 'As many simulations as one address may have run or wait for it already.',
  repositoryLimitReached: 'As many simulations as one repository may have run or wait for it already.',
  projectNotFound: 'The repository, or the branch, tag or commit in it, does not exist or is not public.',
  projectUnreachable: 'The git server did not answer, or broke off.',
  projectTooLarge: 'The project is larger than maxProjectSize.',
  projectUnusable: 'The project holds what may not be checked out.',
  checkoutTimedOut: 'The checkout took longer than checkoutTimeout.',
  worldMissing: 'The project has no such world file.',
  diskFull: 'The disk has no room for the project.',
  folderUnwritable: 'The folder for projects cannot be written to.',
  machineExhausted: 'The machine gives the server no more files, processes or memory.',
  noFreePort: 'All ports for engines are in use.',
  engineNotStarted: 'The engine could not be started.',
  engineTimedOut: 'The engine was not ready within startTimeout.',
  engineMisplaced: 'The engine does not listen on the port that it was given.',
  engineUnresponsive: 'The engine was ready, and then sent no heartbeat within heartbeatTimeout.',
  engineCrashed: 'The engine ended by itself with an error or by a signal.',
  engineExited: 'The engine ended by itself, without an error.',
  timeLimitReached: 'The simulation ran for as long as one may.',
  drained: 'The server is being stopped, or takes no new clients.',
  endedByOperator: 'The operator ended the session.',
  internalError: 'A bug in the server ended the session.',
} as const;

export type EndReason = keyof typeof END_REASONS;

/**
 * Ends that the client or the operator decided, or that an answer to the client
 * explains in full. Every other end is abnormal, also by a reason that is yet to
 * be added: a post-mortem is kept of it.
 */
const ORDINARY_REASONS: ReadonlySet<EndReason> = new Set<EndReason>([
  'clientLeft',
  'clientSilent',
  'clientMisbehaved',
  'urlMissing',
  'urlUnsupported',
  'urlMalformed',
  'modeUnsupported',
  'repositoryRefused',
  'serverFull',
  'addressLimitReached',
  'repositoryLimitReached',
  'projectNotFound',
  'projectTooLarge',
  'projectUnusable',
  'worldMissing',
  'timeLimitReached',
  'drained',
  'endedByOperator',
]);

/** Whether something failed that neither the client nor the operator decided. */
export const isAbnormal = (reason: EndReason): boolean => !ORDINARY_REASONS.has(reason);

/** How a session or one step of it ended, in words for the person who waits. */
export interface End {
  readonly reason: EndReason;
  /** Plain text in one line, without paths of this machine; empty where nobody is left to read it. */
  readonly text: string;
  /** What was thrown, by a bug or by what failed, such as git: for the post-mortem, never for clients. */
  readonly cause?: unknown;
}

/** What a client is told of a bug: nothing but that it is one. */
export const INTERNAL_ERROR: End = { reason: 'internalError', text: 'Internal error of the simulation server.' };

/** The end by a bug that threw `cause`. */
export const internalError = (cause: unknown): End => ({ ...INTERNAL_ERROR, cause });

/** `end`, with what was thrown if the event that brings it is XState's report of an actor's error. */
export function withCause(end: End, event: object): End {
  return 'error' in event ? { ...end, cause: event.error } : end;
}
