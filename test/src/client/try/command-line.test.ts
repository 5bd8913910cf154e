import { describe, expect, it } from 'vitest';
import { readCommandLine, UsageError } from '../../../../src/client/try/command-line.ts';

describe('readCommandLine', () => {
  it('tries the bundled example on this machine for five seconds where nothing is said', () => {
    expect(readCommandLine([])).toEqual({
      world: 'https://github.com/webots-hub/examples/blob/main/worlds/marbles.wbt',
      session: 'http://localhost:1999',
      seconds: 5,
    });
  });

  it('takes a world, a session server and a time', () => {
    const world = 'https://github.com/o/r/blob/main/worlds/w.wbt';

    expect(readCommandLine([world, '--session', 'https://h.example/1999', '--seconds=0.5'])).toEqual({
      world,
      session: 'https://h.example/1999',
      seconds: 0.5,
    });
  });

  it('gives nothing to try where help is asked for', () => {
    expect(readCommandLine(['--help'])).toBeUndefined();
  });

  it.each([
    [['marbles'], 'Expected WORLD_URL to be a URL, got marbles'],
    [['https://a.example', 'b'], 'Expected at most one WORLD_URL, got also b'],
    [['--session', 'ws://h'], 'Expected --session to be an http or https URL, got ws://h'],
    [['--seconds', 'ten'], 'Expected --seconds to be a number above 0 and up to 3600, got ten'],
    [['--seconds', '0'], 'Expected --seconds to be a number above 0 and up to 3600, got 0'],
    [['--seconds', ''], 'Expected --seconds to be a number above 0 and up to 3600, got '],
  ])('refuses %j', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(new UsageError(message));
  });

  it('refuses an option that it does not know', () => {
    expect(() => readCommandLine(['--world', 'x'])).toThrow(UsageError);
  });
});
