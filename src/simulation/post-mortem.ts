import type { End } from '../../machines/end-reason.ts';
import type { LoadSample } from '../../machines/load-monitor.ts';
import type { WebotsOutcome } from '../../machines/webots-process-types.ts';
import type { Recording } from '../inspection/recording.ts';
import { withoutSecrets } from '../log.ts';
import type { LoggedMessage } from './message-log.ts';
import type { Transition } from './transitions.ts';

/** Number of the format, raised when a reader of the last one would misunderstand it. */
const FORMAT = 1;

/** Most bytes of one post-mortem: our choice, above the sum of its parts, each of which is bounded. */
export const MOST_BYTES = 256 * 1024;

/** Longest of the texts that others wrote, in characters: our choice, longer than any that help. */
const MOST_TEXT = 2_000;

/** Most bytes of the messages in one, the latest: our choice, what the other parts leave; those before them are counted. */
const MOST_MESSAGE_BYTES = 6 * 1024;

/** What is known of the server when a session ends. */
export interface PostMortemFacts {
  /** Version of this program. */
  readonly version: string;
  readonly engine: { readonly name: string; readonly description: string };
  /** Percent; `latest` is undefined before the first sample. */
  readonly load: { readonly mean: number; readonly latest: LoadSample | undefined };
  /** Sessions of which anything was left, this one included. */
  readonly sessions: number;
}

/** What is known of a session when it ends. */
export interface SessionStory {
  readonly id: string;
  readonly end: End;
  readonly startedAt: Date;
  /** Milliseconds from the start to the end, on a clock that is never set. */
  readonly lasted: number;
  readonly request: { readonly url: string; readonly mode: string } | undefined;
  readonly project?: { readonly ref: string; readonly commit: string | undefined };
  /** The release that the world's first line names, e.g. `R2025a`. */
  readonly worldVersion?: string;
  /** Undefined if there was no engine, or if it is not gone. */
  readonly outcome: WebotsOutcome | undefined;
  readonly transitions: readonly Transition[];
  readonly transitionsLeftOut: number;
  readonly messages: readonly LoggedMessage[];
  readonly messagesLeftOut: number;
  /** What its actors did, where that was recorded. */
  readonly recording?: Recording | undefined;
}

/** The text of a post-mortem, at most `MOST_BYTES` long; `docs/post-mortems.md` says what it means. */
export function postMortem(story: SessionStory, { version, engine, load, sessions }: PostMortemFacts): string {
  const { id, end, startedAt, lasted, request, project, worldVersion, outcome } = story;
  const messages = latest(story.messages.map(({ at, ...message }) => ({ at: rounded(at), ...message })));
  const document = {
    format: FORMAT,
    session: id,
    reason: end.reason,
    text: bounded(end.text),
    started: startedAt.toISOString(),
    lasted: rounded(lasted),
    ...(end.cause !== undefined && { error: describe(end.cause) }),
    ...(request && { request: { url: withoutQuery(bounded(request.url)), mode: request.mode } }),
    ...(project && { project: { ref: bounded(project.ref), commit: project.commit } }),
    ...(outcome && {
      exit: {
        exitCode: outcome.exitCode,
        signal: outcome.signal,
        reaped: outcome.reaped,
        ...outcome.output,
      },
    }),
    versions: {
      'webots-hub': version,
      node: process.version,
      engine: engine.name,
      engineDescription: engine.description,
      world: worldVersion,
    },
    load: { ...load, sessions },
    transitions: story.transitions.map(({ at, ...transition }) => ({ at: rounded(at), ...transition })),
    transitionsLeftOut: story.transitionsLeftOut,
    messages,
    messagesLeftOut: story.messagesLeftOut + story.messages.length - messages.length,
  };
  const cleaned = withoutSecrets(document) as object;
  const { recording } = story;
  const text = `${JSON.stringify({ ...cleaned, ...(recording && { recording }) }, undefined, 1)}\n`;
  // Where it is too much, what is left is worth more than nothing.
  return recording && Buffer.byteLength(text) > MOST_BYTES ? `${JSON.stringify(cleaned, undefined, 1)}\n` : text;
}

/** The last ones that have room, in their order. */
function latest(messages: readonly LoggedMessage[]): readonly LoggedMessage[] {
  let bytes = 0;
  const tooEarly = messages.findLastIndex((message) => {
    bytes += Buffer.byteLength(JSON.stringify(message));
    return bytes > MOST_MESSAGE_BYTES;
  });
  return messages.slice(tooEarly + 1);
}

function describe(error: unknown): string {
  return bounded(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function bounded(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

/** A world is named by the path; what follows may be a key to it. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

/** Milliseconds with three digits: the clock has no more. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
