import { afterEach, expect, it, vi } from 'vitest';
import { createActor, toPromise } from 'xstate';
import type { MailDigest } from '../../../machines/mailer.ts';
import { createLogger } from '../../../src/log.ts';
import { MOST_ATTEMPTS, mailSender } from '../../../src/mail/mail-sender.ts';
import { type MailHost, startMailHost } from '../../fixtures/mail-host.ts';

const mail: MailDigest = {
  number: 1,
  servers: [
    {
      entry: 'a:2000',
      state: 'unreachable',
      at: 1_000,
      before: 'available',
      firstAt: 1_000,
      entered: { available: 0, overloaded: 0, draining: 0, unreachable: 1 },
    },
  ],
  available: 0,
  all: 1,
};
const SUBJECT = 'Simulation server a:2000 does not answer';
const NOT_TAKEN = ['warn', 'mail host does not take mails'];
const ACCOUNT_REFUSED = ['error', 'mail host refuses this account'];
const opened: MailHost[] = [];

afterEach(async () => {
  for (const host of opened.splice(0)) await host.stop();
});

it('drops a mail that the host refuses for good, and says which and why', async () => {
  const { host, attempt, log } = await sender();
  host.refusal = { at: 'mail', code: 554, text: '5.6.0 not wanted' };

  expect(await attempt(0)).toBe('over');
  expect(log()).toMatchObject([
    { level: 'error', message: 'mail refused for good', subject: SUBJECT, problem: expect.stringContaining('5.6.0') },
  ]);
});

it('keeps a mail that is refused for whom it comes from, or for now, and says each once until a mail is taken', async () => {
  const { host, attempt, lines } = await sender();

  for (const code of [451, 550, 550, 451]) {
    host.refusal = { at: 'sender', code };
    expect(await attempt(0)).toBe('kept');
  }
  expect(lines()).toEqual([NOT_TAKEN, ACCOUNT_REFUSED]);

  host.refusal = undefined;
  expect(await attempt(0)).toBe('over');
  host.refusal = { at: 'sender', code: 550 };
  expect(await attempt(0)).toBe('kept');
  expect(lines().slice(2)).toEqual([['info', 'mail sent'], ACCOUNT_REFUSED]);
});

it.each([451, 550])(
  'gives up a mail that is answered with %i so often, so that the next one has its turn',
  async (code) => {
    const { host, attempt, log } = await sender();
    host.refusal = { at: 'sender', code };

    expect(await attempt(MOST_ATTEMPTS - 2)).toBe('kept');
    expect(await attempt(MOST_ATTEMPTS - 1)).toBe('over');
    expect(log().at(-1)).toMatchObject({ level: 'error', message: 'mail given up', subject: SUBJECT, attempts: 480 });
  },
);

it('keeps a mail whose last attempt was broken off', async () => {
  const { host, start, lines } = await sender();
  host.answer = 'hang';

  const actor = start(MOST_ATTEMPTS - 1);
  await host.connected();
  actor.stop();

  await vi.waitFor(() => expect(lines()).toEqual([NOT_TAKEN]), { timeout: 10_000 });
});

async function sender() {
  const host = await startMailHost({ tls: 'none' });
  opened.push(host);
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const logic = mailSender({
    settings: () => ({
      host: '127.0.0.1',
      port: host.port,
      isTlsFirst: false,
      administrator: 'ada@example.org',
      sender: 'hub@example.org',
      login: undefined,
    }),
    server: 'hub.example.org',
    monitorUrl: 'https://hub.example.org/monitor',
    log: createLogger({ output: { isTerminal: false, write } }),
  });
  const start = (failures: number) => createActor(logic, { input: { mail, failures } }).start();
  const log = (): Record<string, unknown>[] =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return {
    host,
    start,
    /** One attempt, after so many that have failed: whether it was the last, or the mail is kept for another one. */
    attempt: (failures: number) =>
      toPromise(start(failures)).then(
        () => 'over',
        () => 'kept',
      ),
    log,
    lines: () => log().map(({ level, message }) => [level, message]),
  };
}
