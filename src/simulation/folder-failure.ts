import { AppError } from '../errors.ts';
import { checkoutFailure, isDiskFull } from '../projects/checkout-failure.ts';
import { UNWRITABLE } from './capacity-checks.ts';

/** Codes of the system for a folder in which nothing can be made. */
const UNWRITABLE_CODES = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR']);

/** What a client is told. @param error of the system, where a folder or a file beside it could not be made */
export function folderFailure(error: unknown): unknown {
  if (isDiskFull(error)) return checkoutFailure.diskFull(error);
  const { code = '' } = error as NodeJS.ErrnoException;
  return UNWRITABLE_CODES.has(code) ? new AppError(UNWRITABLE.reason, UNWRITABLE.text, { cause: error }) : error;
}
