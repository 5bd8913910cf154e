import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';

/** Texts of drawings that were asked for; there are as many as machines. */
const drawings = new Map<string, Promise<string>>();

/**
 * The drawing of a machine, read when it is first asked for.
 *
 * @param file name of the machine's file, e.g. `client-session`; never what a stranger sent
 * @returns SVG
 * @throws Error of the system if the package lacks it
 */
export function drawingOf(file: string): Promise<string> {
  const found = drawings.get(file) ?? readFile(join(PACKAGE_ROOT, 'visualizations', `${file}.svg`), 'utf8');
  drawings.set(file, found);
  // The next one may have more luck, as after a shortage of descriptors.
  found.catch(() => drawings.delete(file));
  return found;
}
