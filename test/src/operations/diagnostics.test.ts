import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DIAGNOSTICS, QUESTION } from '../../../src/operations/diagnostics.ts';

const MODULE = fileURLToPath(new URL('../../../dist/src/operations/diagnostics.js', import.meta.url));

/** A program with three actors and two timers, and whether it listens to its parent. */
const PROGRAM = `
import { answerDiagnostics } from ${JSON.stringify(MODULE)};
setInterval(() => {}, 1000);
setInterval(() => {}, 1000);
answerDiagnostics(() => 3);
process.send({ isListening: process.listenerCount('message') > 0 });
`;

function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, ...environment },
  });
  return { child, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

describe.skipIf(!existsSync(MODULE))('diagnostics (need the build)', () => {
  it('are answered to a parent that has opened a channel and set the variable', async () => {
    using program = start({ [DIAGNOSTICS]: '1' });
    expect(await once(program.child, 'message')).toEqual([{ isListening: true }, undefined]);

    program.child.send(QUESTION);

    const [answer] = await once(program.child, 'message');
    const number = expect.any(Number);
    expect(answer).toEqual({ actors: 3, timers: 2, heap: number, files: number, sockets: number });
  });

  it('are answered to nobody where the variable is not set', async () => {
    using program = start({});

    expect(await once(program.child, 'message')).toEqual([{ isListening: false }, undefined]);
  });
});
