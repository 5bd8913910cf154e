import type { ProgramCommand, ProgramEnd } from './program.ts';

/** What a server asks of its reaper; each is answered, and means the same when it is asked again. */
export type ReaperCall =
  /** Notes down that the session holds the folder or the port, before it does. */
  | { readonly kind: 'hold'; readonly session: string; readonly folder?: string; readonly port?: number }
  /** The session holds nothing any more. */
  | { readonly kind: 'forget'; readonly session: string }
  /** Ends every process of the session; `timeout` in ms. */
  | { readonly kind: 'reap'; readonly session: string; readonly timeout: number }
  /** The answer is the list of TCP ports on which the session's processes listen. */
  | { readonly kind: 'listeningPorts'; readonly session: string }
  /** The answer has the time of the look and the figures of each session, see `session-usage.ts`; it is empty where there is no `/proc`. */
  | { readonly kind: 'measureSessions'; readonly sessions: readonly string[] }
  | { readonly kind: 'removeFolder'; readonly folder: string }
  /** The answer is the number of bytes and of files in the folder; a look ends early beyond a bound. */
  | { readonly kind: 'measureFolder'; readonly folder: string; readonly bytes: number; readonly count: number };

export type ReaperOrder =
  | { readonly type: 'spawn'; readonly program: number; readonly session: string; readonly command: ProgramCommand }
  | { readonly type: 'signal'; readonly program: number; readonly signal: NodeJS.Signals }
  /** Nothing more is spawned for the session: what it holds goes as soon as its last program has exited. */
  | { readonly type: 'conclude'; readonly session: string }
  | { readonly type: 'call'; readonly id: number; readonly call: ReaperCall };

export type ReaperReport =
  /** Once, when what dead servers have left is gone: the ids of their sessions, and what holds the living ones. */
  | { readonly type: 'ready'; readonly ended: readonly string[]; readonly means: readonly string[] }
  | { readonly type: 'spawned'; readonly program: number; readonly pid: number }
  | {
      readonly type: 'output';
      readonly program: number;
      readonly stream: 'stdout' | 'stderr';
      readonly chunk: Buffer;
    }
  | { readonly type: 'ended'; readonly program: number; readonly end: ProgramEnd }
  | { readonly type: 'answered'; readonly id: number; readonly answer: readonly number[] }
  | { readonly type: 'refused'; readonly id: number; readonly code: string | undefined; readonly message: string }
  | { readonly type: 'noticed'; readonly message: string };
