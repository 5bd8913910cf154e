import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where engines find a display. */
export type DisplayChoice =
  /** At this one. */
  | { readonly kind: 'given'; readonly display: string }
  /** At one of the server's own, by the Xvfb at this absolute path. */
  | { readonly kind: 'own'; readonly program: string }
  /** Nowhere: Xvfb is not installed. */
  | { readonly kind: 'missing' }
  /** They need none, or look themselves. */
  | { readonly kind: 'none' };

/** What to install where there is no Xvfb. */
export const INSTALL_XVFB = 'install Xvfb (Debian, Ubuntu: `apt install xvfb`), or set DISPLAY or `display`';

/**
 * @param display `auto`, `none`, or a display such as `:1`
 * @param engine name of the engine: the embedded one draws nothing
 */
export async function findDisplay(
  display: string,
  engine: string,
  environment: NodeJS.ProcessEnv,
): Promise<DisplayChoice> {
  if (engine !== 'webots' || display === 'none') return { kind: 'none' };
  if (display !== 'auto') return { kind: 'given', display };
  if (environment.DISPLAY) return { kind: 'given', display: environment.DISPLAY };
  // Webots draws without X elsewhere.
  if (process.platform !== 'linux') return { kind: 'none' };
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    const program = join(folder, 'Xvfb');
    if (isAbsolute(program) && (await isExecutable(program))) return { kind: 'own', program };
  }
  return { kind: 'missing' };
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
