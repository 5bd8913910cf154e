import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../errors.ts';
import { type ConfiguredRole, configFile, configNames } from './config-file.ts';
import { type DuplicateKey, JsonSyntaxError, parseJson } from './json-text.ts';

/** Largest configuration file, in bytes; our choice, some thousand times the usual. */
const FILE_SIZE_LIMIT = 1_048_576;

/**
 * The JSON of a configuration file.
 *
 * @param path absolute
 * @param name what messages call the file
 * @throws AppError `configurationInvalid`
 */
export async function readConfigFile(
  role: ConfiguredRole,
  path: string,
  name: string,
): Promise<{ value: unknown; duplicateKeys: DuplicateKey[] }> {
  const text = await readText(role, path, name);
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    throw new AppError('configurationInvalid', `${name} is no JSON: ${error.message} in ${place}.`, { cause: error });
  }
}

async function readText(role: ConfiguredRole, path: string, name: string): Promise<string> {
  try {
    const problem = problemOf(await stat(path));
    if (problem) throw new AppError('configurationInvalid', `${name} cannot be read: ${problem}`);
    return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? missingFile(role, path) : message;
    throw new AppError('configurationInvalid', `${name} cannot be read: ${problem}`, { cause });
  }
}

/** A pipe may keep its reader waiting, and a device may never end. */
function problemOf(status: Stats): string | undefined {
  if (!status.isFile()) return `expected a file, got ${kindOf(status)}.`;
  if (status.size > FILE_SIZE_LIMIT) return `expected at most ${FILE_SIZE_LIMIT} bytes, got ${status.size}.`;
  return undefined;
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  if (status.isFIFO()) return 'a pipe';
  return status.isSocket() ? 'a socket' : 'a device';
}

function missingFile(role: ConfiguredRole, path: string): string {
  const isNamed = path === configFile(role, basename(path, '.json'));
  if (!isNamed) return 'there is no such file.';
  return `there is no such file. In this folder there are: ${configNames(role).join(', ')}.`;
}
