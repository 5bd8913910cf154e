import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../../src/engine/command-line.ts';
import { AppError } from '../../../src/errors.ts';

describe('readCommandLine', () => {
  it('reads the command line of a simulation server', () => {
    const argv = [
      '--batch',
      '--mode=pause',
      '--minimize',
      '--no-rendering',
      '--port=2001',
      '--heartbeat=5000',
      '--stream',
      '/p/w.wbt',
    ];

    expect(readCommandLine(argv)).toEqual({
      task: 'run',
      options: {
        world: '/p/w.wbt',
        port: 2001,
        host: undefined,
        heartbeat: 5000,
        mode: 'pause',
        protoHosts: [],
        protoCache: undefined,
      },
      warnings: [],
    });
  });

  it('has the defaults of Webots', () => {
    expect(readCommandLine(['w.wbt'])).toMatchObject({ options: { port: 1234, heartbeat: undefined, mode: 'pause' } });
    expect(readCommandLine(['w.wbt', '--heartbeat'])).toMatchObject({ options: { heartbeat: 1000 } });
  });

  it('takes an address, both names of the stream, and options that have no effect', () => {
    const argv = [
      '--stream=x3d',
      '--stream=w3d',
      '--host=127.0.0.1',
      '--stdout',
      '--stderr',
      '--extern-urls',
      '--batch',
      'w.wbt',
    ];

    expect(readCommandLine(argv)).toMatchObject({ options: { host: '127.0.0.1' }, warnings: [] });
  });

  it('takes hosts to fetch PROTOs from, and a folder to keep them in', () => {
    expect(readCommandLine(['--proto-hosts=a.example,b.example:8443', '--proto-cache=/c', 'w.wbt'])).toMatchObject({
      options: { protoHosts: ['a.example', 'b.example:8443'], protoCache: '/c' },
    });
  });

  it('takes deprecated modes and a stream without --batch with a warning', () => {
    expect(readCommandLine(['--mode=run', '--batch', 'w.wbt'])).toMatchObject({
      options: { mode: 'fast' },
      warnings: ["Warning: '--mode=run' is deprecated, please use '--mode=fast' instead."],
    });
    expect(readCommandLine(['--stream', 'w.wbt'])).toMatchObject({ warnings: [expect.stringContaining('--batch')] });
  });

  it('gives way to the questions for help and version', () => {
    expect(readCommandLine(['--port=x', '--help'])).toEqual({ task: 'help' });
    expect(readCommandLine(['--version'])).toEqual({ task: 'version' });
  });

  it.each([
    [['--mystery', 'w.wbt'], "invalid option: '--mystery'"],
    [['--port', 'w.wbt'], "invalid option: '--port': an integer from 1 to 65535 is expected."],
    [['--port=0', 'w.wbt'], "invalid option: '--port=0': an integer from 1 to 65535 is expected."],
    [['--port=65536', 'w.wbt'], "invalid option: '--port=65536': an integer from 1 to 65535 is expected."],
    [['--port=2e3', 'w.wbt'], "invalid option: '--port=2e3': an integer from 1 to 65535 is expected."],
    [['--heartbeat=0', 'w.wbt'], "invalid option: '--heartbeat=0': an integer from 1 to 2147483647 is expected."],
    [['--mode=slow', 'w.wbt'], "invalid option: '--mode=slow': pause, realtime or fast is expected."],
    [['--mode', 'w.wbt'], "invalid option: '--mode': pause, realtime or fast is expected."],
    [['--host=', 'w.wbt'], "invalid option: '--host=': an address is expected."],
    [['--stream=port=1', 'w.wbt'], "invalid option: '--stream=port=1': w3d is expected."],
    [
      ['--stream=mjpeg', 'w.wbt'],
      "invalid option: '--stream=mjpeg': the embedded engine draws no pictures, so it has no video stream.",
    ],
    [['--batch'], 'a world file is expected.'],
    [['a.wbt', 'b.wbt'], 'too many arguments.'],
  ])('refuses %j', (argv, message) => {
    expect(() => readCommandLine(argv)).toThrow(new AppError('commandLineInvalid', message));
  });
});
