import { resolve } from 'node:path';
import * as z from 'zod';
import { expandPath } from './paths.ts';
import { filledText, httpUrl } from './values.ts';

const SHAPE = 'an object with "prefix" and either "tokenFile" or "tokenEnv"';

/** Names that the shells of every system can give to a variable. */
const VARIABLE = /^[A-Za-z_]\w*$/;

/** What is left of an entry's `prefix` once it is a URL. */
const PREFIX = 'a URL with https, or http on this machine, without user, query and fragment';

/** Hosts that are this machine, as `URL` writes them. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** By what repositories are fetched that are not public: where the token is, never the token. */
export function credential() {
  return z
    .strictObject(
      {
        prefix: httpUrl().refine(mayCarryToken, { error: PREFIX }),
        user: z
          .string({ error: 'a user name' })
          .regex(/^[^\s:\p{Cc}]+$/u, { error: 'a user name without spaces and colons' })
          .exactOptional(),
        tokenFile: filledText('a file').exactOptional(),
        tokenEnv: z
          .string({ error: 'the name of an environment variable' })
          .regex(VARIABLE, { error: 'the name of an environment variable' })
          .exactOptional(),
        token: z
          .never({
            error:
              'left out, because configurations are read by many: name a file in "tokenFile" or a variable in "tokenEnv"',
          })
          .optional(),
      },
      { error: SHAPE },
    )
    .refine(({ tokenFile, tokenEnv }) => (tokenFile === undefined) !== (tokenEnv === undefined), { error: SHAPE });
}

/** @param folder absolute path of the folder to which the files are relative */
export function credentialRules(
  credentials: readonly z.output<ReturnType<typeof credential>>[],
  folder: string,
  environment: NodeJS.ProcessEnv,
) {
  return credentials.map(({ token: _, tokenFile, ...rest }) => ({
    ...rest,
    ...(tokenFile !== undefined && { tokenFile: resolve(folder, expandPath(tokenFile, environment)) }),
  }));
}

/** A token must not cross a network in the clear. */
function mayCarryToken(prefix: string): boolean {
  if (!URL.canParse(prefix)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(prefix);
  const isSafe = protocol === 'https:' || LOOPBACK.test(hostname);
  return isSafe && `${username}${password}${search}${hash}` === '';
}
