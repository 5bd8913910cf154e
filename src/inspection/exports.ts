import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { drawingOf } from '../operations/drawings.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

const FOLDER = join(PACKAGE_ROOT, 'visualizations');

/** What is exported of the machines, by their names. */
export interface MachineExports {
  /** Drawings, as SVG. */
  readonly charts: ReadonlyMap<string, string>;
  /** Configurations without functions. */
  readonly definitions: ReadonlyMap<string, object>;
}

let reading: Promise<MachineExports> | undefined;

/**
 * Reads what `npm run visualize` has written; once, when it is first asked for.
 *
 * @throws Error of the system if the package lacks it
 */
export function machineExports(): Promise<MachineExports> {
  reading ??= read().catch((error) => {
    // The next one may have more luck, as after a shortage of descriptors.
    reading = undefined;
    throw error;
  });
  return reading;
}

async function read(): Promise<MachineExports> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  const machines = await Promise.all(
    names.map(async (name) => {
      const definition = JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as { readonly id: string };
      const chart = await drawingOf(basename(name, '.json'));
      return { id: definition.id, definition, chart };
    }),
  );
  return {
    charts: new Map(machines.map(({ id, chart }) => [id, chart])),
    definitions: new Map(machines.map(({ id, definition }) => [id, definition])),
  };
}
