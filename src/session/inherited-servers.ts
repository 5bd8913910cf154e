import * as z from 'zod';
import type { ServerView } from './choose-server.ts';
import { MOST_JOINED } from './joined-servers.ts';

/** Longest entry in characters: that of a host name, and a port. */
const MAX_ENTRY = 260;

const inheritance = z.object({
  joined: z
    .array(
      z.object({
        entry: z
          .string()
          .max(MAX_ENTRY)
          .refine((entry) => URL.canParse(`http://${entry}`), { error: 'expected "host:port" or "host/port"' }),
        load: z.number().min(0).optional(),
      }),
    )
    .max(MOST_JOINED),
});

/** A simulation server that had joined the session server before. */
export interface InheritedServer {
  /** `host:port` or `host/port`. */
  readonly entry: string;
  /** Its last load in percent, where clients could be sent to it; else undefined. */
  readonly load?: number | undefined;
}

/** What the next session server is to know of the servers that have joined, which do not say so again at once. */
export function inheritanceOf(servers: readonly ServerView[]): z.input<typeof inheritance> {
  const joined = servers.filter(({ isJoined }) => isJoined);
  return {
    joined: joined.map(({ entry, state, load }) => ({ entry, load: state === 'available' ? load : undefined })),
  };
}

/**
 * Reads what the session server before has left; one that leaves nothing had no servers that joined.
 *
 * @throws Error if it is malformed, with what was expected
 */
export function readInheritance(value: unknown): readonly InheritedServer[] {
  if (value === undefined) return [];
  const { data, error } = inheritance.safeParse(value);
  if (!data) throw new Error(z.prettifyError(error));
  return data.joined;
}
