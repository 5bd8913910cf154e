import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import { AppError } from '../errors.ts';
import { RECORDING_FORMAT, type Recording } from './recording.ts';

/** Largest file that is read, in bytes: our choice, several times what a recording can have. */
const MOST_FILE_BYTES = 100_000_000;

const status = z.enum(['active', 'done', 'error', 'stopped']);
const move = z.object({ source: z.string(), target: z.string() });
const actor = z.object({
  id: z.string(),
  name: z.string(),
  parent: z.string().exactOptional(),
  kind: z.enum(['machine', 'supervisor', 'other']),
  machine: z.string().exactOptional(),
});
const numbered = { n: z.int().positive(), at: z.number() };

const recordingSchema = z.object({
  format: z.literal(RECORDING_FORMAT),
  startedOn: z.string(),
  version: z.string(),
  baseline: z.array(
    z.object({
      actor,
      status,
      states: z.array(z.string()),
      entered: z.record(z.string(), z.number()),
      context: z.string().exactOptional(),
      lastEvent: z.string().exactOptional(),
      lastMoves: z.array(move),
      visits: z.record(z.string(), z.object({ count: z.number(), time: z.number() })),
    }),
  ),
  entries: z
    .array(
      z.discriminatedUnion('type', [
        z.object({ ...numbered, type: z.literal('actor'), actor }),
        z.object({
          ...numbered,
          type: z.literal('event'),
          from: z.string().exactOptional(),
          to: z.string(),
          event: z.string(),
          detail: z.string().exactOptional(),
        }),
        z.object({
          ...numbered,
          type: z.literal('step'),
          actor: z.string(),
          event: z.string(),
          status,
          states: z.array(z.string()).exactOptional(),
          moves: z.array(move).exactOptional(),
          context: z.string().exactOptional(),
        }),
      ]),
    )
    .refine(isAscending, 'numbers must ascend'),
});

/**
 * Reads a recording that was exported, or the one in a post-mortem.
 *
 * @throws AppError `recordingUnreadable`
 */
export async function readRecording(path: string): Promise<Recording> {
  const document = parse(path, await read(path)) as { readonly recording?: unknown; readonly transitions?: unknown };
  if (document?.transitions !== undefined && document.recording === undefined) {
    throw refusal(path, 'this post-mortem holds none, because inspection was off when the session ended');
  }
  const { success, data, error } = recordingSchema.safeParse(document?.recording ?? document);
  if (success) return data;
  const [issue] = error.issues;
  throw refusal(path, `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'unknown'}`);
}

/** Entries are looked for by their numbers. */
function isAscending(entries: readonly { readonly n: number }[]): boolean {
  return entries.every(({ n }, index) => index === 0 || n > entries[index - 1]!.n);
}

async function read(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MOST_FILE_BYTES) throw refusal(path, `it has ${size} bytes, at most ${MOST_FILE_BYTES} are read`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw refusal(path, error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read', error);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(path, 'it is no JSON', error);
  }
}

function refusal(path: string, problem: string, cause?: unknown): AppError {
  return new AppError(
    'recordingUnreadable',
    `Expected ${path} to be a recording or a post-mortem with one: ${problem}.`,
    {
      cause,
    },
  );
}
