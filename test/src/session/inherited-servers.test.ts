import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/log.ts';
import type { Predecessor } from '../../../src/role.ts';
import { inheritanceOf, readInheritance } from '../../../src/session/inherited-servers.ts';
import { MOST_JOINED } from '../../../src/session/joined-servers.ts';
import { startLoadServer } from '../../fixtures/load-server.ts';
import { NONE_AVAILABLE, startSession } from '../../fixtures/session-server.ts';

const SECRET = 'correct-horse-battery';

const joined = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ entry: `host-${index}:2000`, load: 5 }));

describe('what a session server leaves to the next one', () => {
  it('names those that have joined, with the load of those to which clients can be sent', () => {
    const servers = [
      { entry: 'listed:2000', state: 'available', load: 1, reserved: 0 },
      { entry: 'free:2000', state: 'available', load: 2, reserved: 5, isJoined: true },
      { entry: 'full/2000', state: 'overloaded', load: 99, reserved: 0, isJoined: true },
    ] as const;

    expect(readInheritance(JSON.parse(JSON.stringify(inheritanceOf(servers))))).toEqual([
      { entry: 'free:2000', load: 2 },
      { entry: 'full/2000' },
    ]);
  });

  it('may be nothing, or as many servers as can join', () => {
    expect(readInheritance(undefined)).toEqual([]);
    expect(readInheritance({ joined: joined(MOST_JOINED) })).toHaveLength(MOST_JOINED);
  });

  it.each([
    ['no object', 7, 'expected object'],
    ['without a list', {}, 'expected array'],
    ['too many servers', { joined: joined(MOST_JOINED + 1) }, `<=${MOST_JOINED} items`],
    ['no entry', { joined: [{ entry: 'no host' }] }, 'expected "host:port" or "host/port"'],
    ['an endless entry', { joined: [{ entry: `${'x'.repeat(300)}:1` }] }, '<=260 characters'],
    ['a load that is none', { joined: [{ entry: 'host:2000', load: '5' }] }, 'expected number'],
  ])('is refused in words where it is %s', (_, value, problem) => {
    expect(() => readInheritance(value)).toThrow(problem);
  });
});

describe('a session server that takes over', () => {
  it('sends clients to inherited servers before these answer, and forgets them when they do not join', async () => {
    await using silent = await startLoadServer('hang');
    const { entry } = silent;
    const predecessor = predecessorWith({ joined: [{ entry, load: 5 }] });
    const timings = { pollInterval: 20, probeTimeout: 600_000, leaseTime: 4_000 };
    await using session = await startSession([], { config: { clusterSecret: SECRET }, predecessor, timings });

    expect(await session.text('/session')).toBe(`ws://${entry}`);
    const watcher = await session.watch();
    await watcher.hears(['1', '0']);
    expect(await session.text('/session')).toBe(NONE_AVAILABLE);
  });

  it('says of none that it is no longer listed when it ends itself', async () => {
    await using silent = await startLoadServer('hang');
    const { lines, log } = recordLog();
    const predecessor = predecessorWith({ joined: [{ entry: silent.entry, load: 5 }] });
    const session = await startSession([], { config: { clusterSecret: SECRET }, predecessor, log });

    await session[Symbol.asyncDispose]();

    const messages = lines.map(({ message }) => message);
    expect(messages).toContain('simulation server joined');
    expect(messages).not.toContain('simulation server no longer listed');
  });

  it.each([
    ['were overloaded', SECRET, { joined: [{ entry: '127.0.0.1:9' }] }, []],
    ['have a load that is too high here', SECRET, { joined: [{ entry: '127.0.0.1:9', load: 95 }] }, []],
    ['could not join it', undefined, { joined: [{ entry: '127.0.0.1:9', load: 5 }] }, []],
    ['are told in words that it does not know', SECRET, { joined: 7 }, ['joined servers not taken over']],
  ])('sends nobody to servers that %s', async (_, clusterSecret, inheritance, warnings) => {
    const { lines, log } = recordLog();
    const predecessor = predecessorWith(inheritance);
    const config = clusterSecret === undefined ? {} : { clusterSecret };
    await using session = await startSession([], { config, predecessor, log });

    expect(await session.text('/session')).toBe(NONE_AVAILABLE);
    const warned = lines.filter(({ level, message }) => level === 'warn' && message.startsWith('joined'));
    expect(warned.map(({ message }) => message)).toEqual(warnings);
  });
});

function recordLog() {
  const lines: { level: string; message: string }[] = [];
  return {
    lines,
    log: createLogger({ output: { isTerminal: false, write: (line) => void lines.push(JSON.parse(line)) } }),
  };
}

function predecessorWith(inheritance: unknown): Predecessor {
  return {
    takeOver: (open) => open(inheritance),
    remains: { sessions: 0, ports: [] },
    onChange: () => {},
    streams: undefined,
    gone: async () => {},
  };
}
