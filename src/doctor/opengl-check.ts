import { execa } from 'execa';
import { type Finding, failure, fine, warning } from './finding.ts';

/** Oldest OpenGL with which Webots draws, as its documentation has it. */
const OLDEST_OPENGL = 3.3;

/** Longest wait for `glxinfo`, in ms: our choice. */
const PATIENCE = 10_000;

/** Renderers of Mesa that draw by the processor. */
const BY_PROCESSOR = /llvmpipe|softpipe|swrast/i;

/** What draws on an X display, as `glxinfo` says it. @param program its name, for tests */
export async function openGlFinding(display: string, program = 'glxinfo'): Promise<Finding> {
  const {
    stdout = '',
    failed,
    code,
    stderr,
  } = await execa(program, ['-B'], {
    reject: false,
    timeout: PATIENCE,
    env: { DISPLAY: display },
  });
  if (code === 'ENOENT') return fine('OpenGL', 'not looked at; glxinfo (`apt install mesa-utils`) would tell');
  const version = /^OpenGL (?:core profile )?version string: (.+)$/m.exec(stdout)?.[1];
  if (failed || version === undefined) {
    const [reason = 'no answer'] = String(stderr ?? '').split('\n');
    return failure(
      'OpenGL',
      `cannot be asked on ${display}: ${reason}`,
      'let the user of the server in: `xhost +local:`',
    );
  }
  const renderer = /^OpenGL renderer string: (.+)$/m.exec(stdout)?.[1] ?? 'an unknown renderer';
  const found = `${version} by ${renderer}`;
  if (Number.parseFloat(version) < OLDEST_OPENGL)
    return failure(
      'OpenGL',
      `${found} is too old`,
      `Webots needs ${OLDEST_OPENGL}: update the driver of the graphics card`,
    );
  if (BY_PROCESSOR.test(renderer))
    return warning(
      'OpenGL',
      found,
      'pictures are drawn by the processor, slowly: set `display` to one with a graphics card',
    );
  return fine('OpenGL', found);
}
