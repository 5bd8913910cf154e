import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SessionConfig } from '../../src/config/session-config.ts';
import { createLogger } from '../../src/log.ts';
import { startLoadServer } from '../fixtures/load-server.ts';
import { type MailHost, type MailHostOptions, startMailHost } from '../fixtures/mail-host.ts';
import { startSession as startServer } from '../fixtures/session-server.ts';
import { freePort } from '../fixtures/simulation-server.ts';

const LOGIN = { user: 'hub', password: 'correct horse' };

/** Waits that a test can afford, in ms; the window is longer than a few polls. */
const QUICK = { digestWindow: 300, mailInterval: 300, sendTimeout: 5_000, firstRetry: 50, longestRetry: 100 };

/** Longest wait for a change, in ms. */
const BOUND = { timeout: 20_000, interval: 10 };

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

describe('a simulation server that fails, fills up or comes back', () => {
  it('is told to the administrator, by STARTTLS and login', async () => {
    const { server, host, session, logged } = await watched({ login: LOGIN }, { mailSenderPassword: LOGIN.password });

    server.answer = 'status500';
    await host.has(1);
    server.answer = 97;
    await host.has(2);
    server.answer = 3;
    await host.has(3);

    expect(host.mails.map(({ headers, to, user, isEncrypted }) => [headers.subject, to, user, isEncrypted])).toEqual(
      ['does not answer', 'is full', 'has room again'].map((fact) => [
        `Simulation server ${server.entry} ${fact}`,
        ['ada@example.org'],
        'hub',
        true,
      ]),
    );
    expect(host.mails[0]!.text).toContain('Expected status 200, got 500.');
    expect(host.mails[0]!.text).toContain('None of 1 simulation servers is available');
    expect(host.mails[0]!.text).toContain(`http://hub.example.org:${session.port}/monitor`);
    expect(logged()).not.toContain(LOGIN.password);
  });

  it('is told once with all that happened in a burst, each change counted', async () => {
    const { server, host, session, changes } = await watched({ tls: 'none' }, {}, { digestWindow: 600_000 });

    for (let round = 1; round <= 3; round++) {
      server.answer = 'status500';
      await changes(2 * round - 1);
      server.answer = 1;
      await changes(2 * round);
    }
    await session.system.stop();

    expect(host.mails).toHaveLength(1);
    expect(host.mails[0]!.text).toMatch(/changed 6 times within .*: available 3 times, unreachable 3 times/);
  });

  it('is told exactly once, whichever mail tells of it', async () => {
    const { server, host, changes } = await watched({ tls: 'none' });

    for (let round = 1; round <= 10; round++) {
      server.answer = 'status500';
      await changes(2 * round - 1);
      server.answer = 1;
      await changes(2 * round);
    }
    await told(host, 20);

    expect(new Set(host.mails.map(({ headers }) => headers['message-id'])).size).toBe(host.mails.length);
  });

  it('is told in the end where the mail host was down, with one warning for the outage', async () => {
    const { server, host, logged, changes } = await watched({ tls: 'none' });
    await host.stop();

    server.answer = 'status500';
    await vi.waitFor(() => expect(logged()).toContain('ECONNREFUSED'), BOUND);
    server.answer = 1;
    await changes(2);
    const again = await startMailHost({ tls: 'none', port: host.port });
    opened.push(again);
    await told(again, 2);

    expect(logged().match(/mail host does not take mails/g)).toHaveLength(1);
  });

  it('is told to nobody by a wrong password, which is never in the log', async () => {
    const { server, host, logged } = await watched({ login: LOGIN }, { mailSenderPassword: 'wrong horse' });

    server.answer = 'status500';
    await vi.waitFor(() => expect(host.connections).toBeGreaterThan(2), BOUND);

    expect(logged()).toContain('Invalid login');
    expect(logged()).not.toContain('horse');
    expect(logged().match(/mail host refuses this account/g)).toHaveLength(1);
    expect(host.mails).toEqual([]);
  });

  it('is told as soon as a wrong password is mended, and not before', async () => {
    const retries = { firstRetry: 600_000, longestRetry: 600_000 };
    const { server, host, session, logged } = await watched(
      { login: LOGIN },
      { mailSenderPassword: 'wrong horse' },
      retries,
    );
    const refused = (times: number) =>
      vi.waitFor(() => expect(logged().match(/mail host refuses this account/g)).toHaveLength(times), BOUND);
    server.answer = 'status500';
    await refused(1);
    const { connections } = host;

    await session.role.reconfigure({ ...session.config, mailSenderPassword: 'other horse' });
    await refused(2);
    await session.role.reconfigure({ ...session.config, mailSenderPassword: 'other horse', loadThreshold: 94 });
    expect(host.connections).toBe(connections + 1);
    await session.role.reconfigure({ ...session.config, mailSenderPassword: LOGIN.password });

    await host.has(1);
    expect(host.connections).toBe(connections + 2);
  });

  it('is told by a later mail where the host has refused one for good', async () => {
    const { server, host, logged } = await watched({ tls: 'none' });
    host.refusal = { at: 'mail', code: 554, text: '5.6.0 not wanted' };
    server.answer = 'status500';
    await vi.waitFor(() => expect(logged()).toContain('mail refused for good'), BOUND);
    host.refusal = undefined;

    server.answer = 1;
    await host.has(1);

    expect(host.mails[0]!.headers.subject).toBe(`Simulation server ${server.entry} is back`);
    expect(logged().match(/mail refused for good/g)).toHaveLength(1);
  });

  it('is nothing that clients notice while the mail host hangs', async () => {
    const { server, host, session } = await watched({ tls: 'none' }, {}, { partingTime: 100 });
    host.answer = 'hang';
    server.answer = 'status500';
    await vi.waitFor(() => expect(host.connections).toBe(1), BOUND);

    const polls = server.requests;
    server.answer = 12;
    await vi.waitFor(async () => expect(await session.text('/session')).toBe(`ws://${server.entry}`), BOUND);

    expect(await session.text('/load')).toBe('12');
    expect(server.requests).toBeGreaterThan(polls);
    expect(host.connections).toBe(1);
  });

  it('is told before the session server ends, and waits for no mail host that hangs', async () => {
    const heard = await watched({ tls: 'none' }, {}, { digestWindow: 600_000 });
    heard.server.answer = 'status500';
    await heard.changes(1);
    await heard.session.system.stop();
    expect(heard.host.mails).toHaveLength(1);

    const mute = await watched({ tls: 'none' }, {}, { digestWindow: 600_000, partingTime: 100 });
    mute.host.answer = 'hang';
    mute.server.answer = 'status500';
    await mute.changes(1);
    await mute.session.system.stop();
    await vi.waitFor(() => expect(mute.logged()).toContain('"problem":"it took too long"'), BOUND);
    expect(mute.host.mails).toEqual([]);
  });

  it('is told once although the session server is stopped and started again, by the mail that failed', async () => {
    const first = await watched({ tls: 'none' });
    first.host.answer = 'deny';
    first.server.answer = 'status500';
    await vi.waitFor(() => expect(first.logged()).toContain('mail host does not take mails'), BOUND);
    await first.session.system.stop();
    const { mail, failures } = JSON.parse(await readFile(first.record, 'utf8'));
    first.host.answer = 'take';

    const next = await first.again();
    await first.host.has(1);
    first.server.answer = 1;
    await first.host.has(2);
    await next.system.stop();

    expect(mail.servers).toMatchObject([{ entry: first.server.entry, state: 'unreachable' }]);
    expect(failures).toBeGreaterThan(0);
    expect(first.host.mails.map(({ headers }) => headers.subject)).toEqual(
      ['does not answer', 'is back'].map((fact) => `Simulation server ${first.server.entry} ${fact}`),
    );
  });

  it('is told by a session server that was started while it failed, with what it found at first', async () => {
    const { server, host, session, again } = await watched({ tls: 'none' });
    await session.system.stop();
    server.answer = 'status500';

    await again();
    await host.has(1);

    expect(host.mails[0]!.text).toContain('Expected status 200, got 500.');
  });

  it('is told although what waits can be neither read nor kept, which the log says once', async () => {
    const { server, host, session, record, again, logged } = await watched({ tls: 'none' });
    await session.system.stop();
    await rm(record);
    await mkdir(record);

    await again();
    server.answer = 'status500';
    await host.has(1);

    expect(logged().match(/mails that waited cannot be read/g)).toHaveLength(1);
    expect(logged().match(/mails that wait cannot be kept/g)).toHaveLength(1);
    expect(logged().match(/"problem":"EISDIR/g)).toHaveLength(2);
    expect(logged()).not.toContain('"stack"');
  });

  it('is told by one process where the one before has given its port away, and has not heard yet that the other serves', async () => {
    const { server, host, session, changes, again } = await watched({ tls: 'none' });
    await session.role.release('');
    const next = await again();
    // That one says first that the server is well.
    await changes(1);

    server.answer = 'status500';
    await changes(3);
    server.answer = 1;
    await changes(5);
    // Each tells at its end what it has still to tell.
    await Promise.all([session.system.stop(), next.system.stop()]);

    await told(host, 2);
  });

  it('is nothing to a session server whose successor ends while a mail is on its way: it goes on', async () => {
    const { server, host, session } = await watched({ tls: 'none' }, {}, { partingTime: 100 });
    host.answer = 'hang';
    server.answer = 'status500';
    await vi.waitFor(() => expect(host.connections).toBe(1), BOUND);

    await session.role.release('');
    await session.role.resume();
    host.answer = 'take';
    server.answer = 1;

    await (await session.watch()).hears(['1']);
    await told(host, 2);
  });

  it('is told to nobody where no administrator is named', async () => {
    const { server, host, changes } = await watched({ tls: 'none' }, { administrator: undefined });

    server.answer = 'status500';
    await changes(1);
    server.answer = 1;
    await changes(2);

    expect(host.connections).toBe(0);
  });
});

/** A session server with one simulation server, which is well, and a mail host. */
async function watched(
  options: MailHostOptions,
  config: { mailSenderPassword?: string; administrator?: undefined } = {},
  mailerTimings: Partial<typeof QUICK & { partingTime: number }> = {},
) {
  const [server, host, port] = await Promise.all([startLoadServer(1), startMailHost(options), freePort()]);
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const logDir = await mkdtemp(join(tmpdir(), 'mail-'));
  const start = () =>
    startServer([server.entry], {
      config: {
        logDir,
        server: 'hub.example.org',
        port,
        administrator: 'ada@example.org',
        mailServer: '127.0.0.1',
        mailServerPort: host.port,
        mailSender: 'hub@example.org',
        mailSenderUser: 'hub',
        ...config,
      } as Partial<SessionConfig>,
      log: createLogger({ level: 'debug', output: { isTerminal: false, write } }),
      mailerTimings: { ...QUICK, ...mailerTimings },
    });
  const session = await start();
  opened.push({ [Symbol.asyncDispose]: () => rm(logDir, { recursive: true }) }, server, host, session);
  const states = /"message":"simulation server (?:not responding|available|overloaded)"/g;
  const before = text.match(states)?.length ?? 0;
  return {
    server,
    host,
    session,
    logged: () => text,
    /** Absolute path of the file that keeps what waits. */
    record: join(logDir, 'session', `mails-${port}.json`),
    /** Starts the session server once more, on the same port. */
    async again() {
      const next = await start();
      opened.push(next);
      return next;
    },
    /** Passes when the server has changed so often since it was well. */
    changes: (count: number) =>
      vi.waitFor(() => expect((text.match(states)?.length ?? 0) - before).toBeGreaterThanOrEqual(count), BOUND),
  };
}

/** Passes when the mails tell of so many changes, each in one of them. */
async function told(host: MailHost, count: number): Promise<void> {
  const inMail = (text: string) => Number(/changed (\d+) times/.exec(text)?.[1] ?? 1);
  const sum = () => host.mails.reduce((total, { text }) => total + inMail(text), 0);
  await vi.waitFor(() => expect(sum()).toBeGreaterThanOrEqual(count), BOUND);
  expect(sum()).toBe(count);
}
