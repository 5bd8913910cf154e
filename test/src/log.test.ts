import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createLogger, type LoggerOptions } from '../../src/log.ts';

describe('createLogger', () => {
  it('writes one line of JSON with the fixed keys beside the fields', () => {
    const { log, lines } = capture({ role: 'session' });

    log.info({ port: 1999 }, 'listening');
    log.warn('slow');

    expect(lines().map((line) => JSON.parse(line))).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        role: 'session',
        port: 1999,
        message: 'listening',
      },
      { level: 'warn', time: expect.any(String), role: 'session', message: 'slow' },
    ]);
  });

  it.each([
    [{}, ['info', 'warn', 'error']],
    [{ debug: true }, ['debug', 'info', 'warn', 'error']],
    [{ level: 'warn', debug: true }, ['warn', 'error']],
    [{ level: 'silent' }, []],
  ] as const)('with %j writes the levels %j', (options, levels) => {
    const { log, lines } = capture(options);

    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]('x');

    expect(lines().map((line) => JSON.parse(line).level)).toEqual(levels);
  });

  it("adds a child's fields to its lines", () => {
    const { log, lines } = capture({ role: 'simulation' });

    log.child({ session: 7 }).child({ step: 'checkout' }).info('started');

    expect(JSON.parse(lines()[0]!)).toMatchObject({
      role: 'simulation',
      session: 7,
      step: 'checkout',
      message: 'started',
    });
  });

  it('writes no secret, wherever it stands', () => {
    const { log, lines } = capture();
    const config = { mailSenderPassword: 'hush', mirrors: { a: 'https://ada:hush@git.example.org/x' } };

    log.info({ config, list: [{ clientSecret: 'hush' }], Token: 'hush' }, 'read');
    log.child({ token: 'hush', url: 'https://hush@git.example.org' }).info('read');

    expect(lines().join()).not.toContain('hush');
    expect(JSON.parse(lines()[0]!).config).toEqual({
      mailSenderPassword: '[redacted]',
      mirrors: { a: 'https://[redacted]@git.example.org/x' },
    });
  });

  it('writes an error with its code, its stack and its cause', () => {
    const { log, lines } = capture();
    const error = new AppError('portTaken', 'Port 1999 is taken', { cause: new Error('EADDRINUSE') });

    log.error({ error }, 'not started');

    expect(JSON.parse(lines()[0]!).error).toEqual({
      name: 'AppError',
      code: 'portTaken',
      message: 'Port 1999 is taken',
      stack: expect.stringContaining('log.test.ts'),
      cause: { name: 'Error', message: 'EADDRINUSE', stack: expect.any(String) },
    });
  });

  it('survives fields that refer to themselves', () => {
    const { log, lines } = capture();
    const loop: { self?: unknown } = {};
    loop.self = loop;

    log.info({ loop }, 'x');

    expect(JSON.parse(lines()[0]!).message).toBe('x');
  });

  it('writes a short line for a person on a terminal', () => {
    const { log, lines } = capture({ role: 'session', isTerminal: true });

    log.info({ port: 1999, server: 'local host' }, 'listening');

    expect(lines()[0]).toMatch(/^\d\d:\d\d:\d\d {2}info {3}session {2}listening {2}port=1999 {2}server="local host"$/);
  });

  it('writes JSON to a file, if there is one, instead of the output', () => {
    const written: string[] = [];
    const { log, lines } = capture({ file: { write: (text) => void written.push(text) } });

    log.info({ port: 1999 }, 'listening');

    expect(written.map((line) => JSON.parse(line).message)).toEqual(['listening']);
    expect(lines()).toEqual([]);
  });

  it('writes JSON to the file and a short line on a terminal', () => {
    const written: string[] = [];
    const { log, lines } = capture({ isTerminal: true, file: { write: (text) => void written.push(text) } });

    log.info({ port: 1999 }, 'listening');

    expect(written.map((line) => JSON.parse(line).port)).toEqual([1999]);
    expect(lines()).toEqual([expect.stringMatching(/ {2}listening {2}port=1999$/)]);
  });

  it('writes the stack of an error in lines of its own on a terminal', () => {
    const { log, lines } = capture({ isTerminal: true });

    log.error({ error: new AppError('portTaken', 'Port 1999 is taken') }, 'not started');

    expect(lines()[0]).toMatch(/ {2}error {2}not started {2}error="Port 1999 is taken"$/);
    expect(lines()[1]).toMatch(/^AppError: Port 1999 is taken/);
    expect(lines()[2]).toMatch(/^ +at .*log\.test\.ts/);
  });

  it('lets no text move the cursor of a terminal or look like another line', () => {
    const { log, lines } = capture({ isTerminal: true });

    log.info({ url: '\u001b[2J\u009b2J' }, 'x\r\n12:00:00  error  forged\u001b[2J');

    expect(lines()).toEqual([expect.stringMatching(/ {2}x {2}12:00:00 {2}error {2}forged \[2J {2}url= \[2J 2J$/)]);
  });

  it('takes another level while it is in use, for its children too', () => {
    const { log, lines } = capture();
    const childLog = log.child({ part: 'child' });

    childLog.debug('before');
    log.level = 'debug';
    childLog.debug('meanwhile');
    log.level = 'error';
    for (const each of [log, childLog]) each.warn('after');
    childLog.error('in the end');

    expect(lines().map((line) => JSON.parse(line).message)).toEqual(['meanwhile', 'in the end']);
    expect(log.level).toBe('error');
  });

  it('has written every line when the process ends at once', async () => {
    const script = `
      const { createLogger } = await import('./dist/src/log.js');
      const log = createLogger();
      for (let count = 0; count < 2_000; count += 1) log.info({ count, filling: 'x'.repeat(100) }, 'counted');
      process.exit(0);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('../..', import.meta.url),
    });

    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).count),
    ).toEqual([...Array(2_000).keys()]);
  });
});

function capture({ isTerminal = false, ...options }: LoggerOptions & { isTerminal?: boolean } = {}) {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  return {
    log: createLogger({ ...options, output: { isTerminal, write } }),
    lines: () => text.split('\n').slice(0, -1),
  };
}
