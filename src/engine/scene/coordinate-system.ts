import type { World } from '../world/world.ts';
import { isReleaseBefore } from './release.ts';

/** The vertical axis of a world: z in ENU, y in the others. */
export type CoordinateSystem = 'ENU' | 'NUE' | 'EUN';

/** @param written what the field of `WorldInfo` holds */
export function coordinateSystemOf(written: unknown, version: string): CoordinateSystem {
  if (written === 'ENU' || written === 'NUE' || written === 'EUN') return written;
  // The default changed with R2022a (its change log).
  return isReleaseBefore(version, 'R2022a') ? 'NUE' : 'ENU';
}

/** That of a world before its scene is made. */
export function coordinateSystemOfWorld({ nodes, version }: World): CoordinateSystem {
  const worldInfo = nodes.find(({ type }) => type === 'WorldInfo');
  return coordinateSystemOf(worldInfo?.fields.get('coordinateSystem')?.[0], version);
}
