import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpText, parseCommandLine } from '../../../src/config/command-line.ts';
import { AppError } from '../../../src/errors.ts';

describe('parseCommandLine', () => {
  it('runs both roles where nothing is said', () => {
    expect(parseCommandLine([])).toEqual({ kind: 'run', role: 'all' });
  });

  it('reads a value after a space or an equals sign', () => {
    const expected = { kind: 'run', role: 'session', config: 'lab.json', port: 1999, logLevel: 'warn' };

    expect(
      parseCommandLine(['--role', 'session', '--config', 'lab.json', '--port', '1999', '--log-level', 'warn']),
    ).toEqual(expected);
    expect(parseCommandLine(['--role=session', '--config=lab.json', '--port=1999', '--log-level=warn'])).toEqual(
      expected,
    );
  });

  it('takes the name of configurations with role all', () => {
    expect(parseCommandLine(['--config', 'lab-2.old'])).toEqual({ kind: 'run', role: 'all', config: 'lab-2.old' });
  });

  it('takes over from a server that runs', () => {
    expect(parseCommandLine(['--takeover'])).toEqual({ kind: 'run', role: 'all', takeover: true });
    expect(() => parseCommandLine(['--takeover=yes'])).toThrow('Expected no value for --takeover, got "yes"');
  });

  it('records and streams to a port, or to the usual one', () => {
    expect(parseCommandLine(['--inspect'])).toEqual({ kind: 'run', role: 'all', inspect: 'usual' });
    expect(parseCommandLine(['--inspect', '9000', '--role', 'session'])).toMatchObject({
      role: 'session',
      inspect: 9000,
    });
    expect(parseCommandLine(['--role', 'all', '--inspect=9000'])).toMatchObject({ role: 'all', inspect: 9000 });
  });

  it('prefers help to everything else, and version to running', () => {
    expect(parseCommandLine(['--version', '--help'])).toEqual({ kind: 'help' });
    expect(parseCommandLine(['-h'])).toEqual({ kind: 'help' });
    expect(parseCommandLine(['--version', '--role', 'session'])).toEqual({ kind: 'version' });
  });

  it.each([
    [['--rol', 'session'], 'Unknown option --rol. Did you mean --role?'],
    [['--log_level=debug'], 'Unknown option --log_level. Did you mean --log-level?'],
    [
      ['-p', '80'],
      'Unknown option -p. The options are --role, --config, --port, --log-level, --takeover, --inspect, --help, --version',
    ],
    [
      ['--role', 'sesion'],
      'Expected --role to be one of session, simulation, all, got "sesion". Did you mean session?',
    ],
    [['--log-level', 'loud'], 'Expected --log-level to be one of debug, info, warn, error, got "loud"'],
    [['--role', 'session', '--port', '0'], 'Expected --port to be an integer from 1 to 65535, got "0"'],
    [['--role', 'session', '--port=65536'], 'Expected --port to be an integer from 1 to 65535, got "65536"'],
    [['--role', 'session', '--port=1e3'], 'Expected --port to be an integer from 1 to 65535, got "1e3"'],
    [['--port', '2000'], 'Expected no --port with role all, because each role needs one of its own'],
    [['--config'], 'Expected a value after --config, got nothing'],
    [['--config='], 'Expected a value after --config, got ""'],
    [['--config', '--role'], 'Expected a value after --config, got "--role"'],
    [['--help=yes'], 'Expected no value for --help, got "yes"'],
    [['--role', 'session', '--role', 'all'], 'Expected --role once, got it twice'],
    [['--inspect', 'x'], 'Expected --inspect to be an integer from 1 to 65535, got "x"'],
    [['--inspect=70000'], 'Expected --inspect to be an integer from 1 to 65535, got "70000"'],
    [['--inspect', '--inspect'], 'Expected --inspect once, got it twice'],
    [['--inspect', '1', '2'], 'Expected options only, got "2". A configuration is named by --config'],
    [['local.json'], 'Expected options only, got "local.json". A configuration is named by --config'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseCommandLine(argv)).toThrow(new AppError('commandLineInvalid', message));
  });

  it.each(['../lab', 'a/b', 'lab.json', '.hidden'])('refuses the configuration name %j with role all', (config) => {
    expect(() => parseCommandLine(['--config', config])).toThrow(/^Expected --config with role all to be the NAME of/);
  });

  it('throws nothing but commandLineInvalid, whatever it is given', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--role', '--role=', '--port', '--config', '--help', '--', '-', '--__proto__', 'session', '80'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
        try {
          expect(['run', 'help', 'version']).toContain(parseCommandLine(argv).kind);
        } catch (error) {
          expect(error).toMatchObject({ code: 'commandLineInvalid' });
        }
      }),
    );
  });
});

describe('helpText', () => {
  it('names every option', () => {
    for (const option of [
      '--role',
      '--config',
      '--port',
      '--log-level',
      '--takeover',
      '--inspect',
      '--help',
      '--version',
    ]) {
      expect(helpText).toContain(option);
    }
  });
});
