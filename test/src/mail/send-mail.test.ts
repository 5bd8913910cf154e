import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MailRefusalError } from '../../../src/mail/mail-refusal.ts';
import { type MailSettings, mailSettings, sendMail, sendTestMail } from '../../../src/mail/send-mail.ts';
import { type MailHost, type MailHostOptions, startMailHost } from '../../fixtures/mail-host.ts';

const LOGIN = { user: 'hub', password: 'correct horse' };
const mail = { id: 'abc123', subject: 'Server a is full', text: 'Dear administrator,\n\nall is full.\n' };
const never = new AbortController().signal;
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const resource of opened.splice(0)) await resource[Symbol.asyncDispose]();
});

describe('mailSettings', () => {
  const config = { administrator: 'ada@example.org', mailServer: 'mail.example.org', mailSender: 'hub@example.org' };

  it('takes port 25, and no login, where nothing else is said', () => {
    expect(mailSettings({ ...config, mailServerPort: 0 })).toEqual({
      host: 'mail.example.org',
      port: 25,
      isTlsFirst: false,
      administrator: 'ada@example.org',
      sender: 'hub@example.org',
      login: undefined,
    });
  });

  it('logs in by the password as mailSenderUser, or as the sender; port 465 has TLS first', () => {
    const more = { ...config, mailServer: '[::1]', mailServerPort: 465, mailSenderPassword: 'x' };

    expect(mailSettings(more)).toMatchObject({
      host: '::1',
      port: 465,
      isTlsFirst: true,
      login: { user: 'hub@example.org', password: 'x' },
    });
    expect(mailSettings({ ...more, mailSenderUser: 'hub' })?.login?.user).toBe('hub');
  });

  it.each(['administrator', 'mailServer', 'mailSender'] as const)('are none without %s', (key) => {
    expect(mailSettings({ ...config, mailServerPort: 0, [key]: undefined })).toBeUndefined();
  });
});

describe('sendMail', () => {
  it('hands a mail to a host without TLS or login', async () => {
    const host = await mailHost({ tls: 'none' });

    await sendMail(settingsFor(host), mail, never);

    expect(host.mails).toMatchObject([
      {
        from: 'hub@example.org',
        to: ['ada@example.org'],
        text: mail.text,
        headers: {
          from: 'Simulation Server <hub@example.org>',
          to: 'Administrator <ada@example.org>',
          subject: 'Server a is full',
          'message-id': '<abc123@example.org>',
          'auto-submitted': 'auto-generated',
        },
        isEncrypted: false,
      },
    ]);
  });

  it('uses STARTTLS where the host offers it, though nobody asked for it', async () => {
    const host = await mailHost();

    await sendMail(settingsFor(host), mail, never);

    expect(host.mails).toMatchObject([{ isEncrypted: true, user: undefined }]);
  });

  it.each(['starttls', 'first'] as const)('logs in by TLS (%s)', async (tls) => {
    const host = await mailHost({ tls, login: LOGIN });

    await sendMail({ ...settingsFor(host, LOGIN), isTlsFirst: tls === 'first' }, mail, never);

    expect(host.mails).toMatchObject([{ isEncrypted: true, user: 'hub' }]);
  });

  it('never sends a password where the host does not offer TLS', async () => {
    const host = await mailHost({ tls: 'none', login: LOGIN });

    await expect(sendMail(settingsFor(host, LOGIN), mail, never)).rejects.toThrow(/STARTTLS/);
    expect(host.mails).toEqual([]);
  });

  it('never sends a password to another machine whose certificate nobody vouches for', async () => {
    const host = await mailHost({ login: LOGIN });

    // This address leads to this machine as well, but does not say so.
    await expect(sendMail({ ...settingsFor(host, LOGIN), host: '0.0.0.0' }, mail, never)).rejects.toThrow(
      /certificate/,
    );
  });

  it('tells of a wrong password without it', async () => {
    const host = await mailHost({ login: LOGIN });
    const wrong = { ...LOGIN, password: 'wrong horse' };

    const error = await sendMail(settingsFor(host, wrong), mail, never).catch((reason: Error) => reason);

    expect((error as Error).message).toMatch(
      /Invalid login.*Invalid password \[redacted\] of hub: \[redacted\] \[redacted\]/,
    );
    expect(JSON.stringify([(error as Error).message, (error as Error).cause, (error as Error).stack])).not.toContain(
      'horse',
    );
  });

  it('tells what the host says, and that nothing listens', async () => {
    const host = await mailHost();
    host.answer = 'deny';
    await expect(sendMail(settingsFor(host), mail, never)).rejects.toThrow('Try again later');

    await host.stop();
    await expect(sendMail(settingsFor(host), mail, never)).rejects.toThrow('ECONNREFUSED');
  });

  describe('says what is refused for good', () => {
    it.each([
      ['the mail, where its content is', 'mail', { at: 'mail', code: 554, text: '5.6.0 not wanted' }],
      ['the mail, where nobody has such a mailbox', 'mail', { at: 'recipient', code: 550, text: '5.1.1 unknown' }],
      ['the mail, where a filter refuses it', 'mail', { at: 'mail', code: 550, text: '5.7.1 looks like spam' }],
      ['the account, where the password is wrong', 'account', { at: 'login', code: 535, text: '5.7.8 wrong' }],
      ['the account, where the sender may not send', 'account', { at: 'sender', code: 550, text: '5.7.1 not yours' }],
      ['the account, where a login or TLS is wanted', 'account', { at: 'mail', code: 530, text: '5.7.0 log in first' }],
      ['the account, where it may not send there', 'account', { at: 'recipient', code: 554, text: '5.7.1 denied' }],
      [
        'the account, where that is said in words',
        'account',
        { at: 'recipient', code: 550, text: 'relay not permitted' },
      ],
      ['the account, where the host serves nobody', 'account', { at: 'greeting', code: 554 }],
      ['nothing, where the mail is refused for now', undefined, { at: 'mail', code: 451 }],
      ['nothing, where the recipient is', undefined, { at: 'recipient', code: 450, text: '4.7.1 greylisted' }],
      ['nothing, where the sender is', undefined, { at: 'sender', code: 452 }],
      ['nothing, where the login is', undefined, { at: 'login', code: 454 }],
      ['nothing, where the host is closing', undefined, { at: 'greeting', code: 421 }],
      ['nothing, where it has lost track', undefined, { at: 'mail', code: 503 }],
    ] as const)('%s', async (_, refused, refusal) => {
      const host = await mailHost({ login: LOGIN });
      host.refusal = refusal;

      const error = await sendMail(settingsFor(host, LOGIN), mail, never).catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(Error);
      expect(error instanceof MailRefusalError ? error.refused : undefined).toBe(refused);
    });

    it('the account, where the host offers no TLS or the address of the administrator is none', async () => {
      const host = await mailHost({ tls: 'none' });
      const settings = settingsFor(host);

      for (const wrong of [{ login: LOGIN }, { administrator: '<>' }]) {
        await expect(sendMail({ ...settings, ...wrong }, mail, never)).rejects.toMatchObject({ refused: 'account' });
      }
    });
  });

  it('closes the connection to a host that hangs as soon as it is aborted', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const connected = once(silent, 'connection');
    const { port } = silent.address() as AddressInfo;
    const abort = new AbortController();

    const sent = sendMail({ ...settingsFor({ port }) }, mail, abort.signal).catch((error: Error) => error);
    const [socket] = await connected;
    const closed = once(socket.resume(), 'close');
    abort.abort();

    expect(await sent).toBeInstanceOf(Error);
    await closed;
    silent.close();
  });

  it('gives up a host that has not taken the whole mail within 20 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const host = await mailHost({ tls: 'none' });
    host.answer = 'hang';

    const sent = sendMail(settingsFor(host), mail, never).catch((error: Error) => error.message);
    await host.connected();
    vi.advanceTimersByTime(20_000);

    expect(await sent).toBe('it did not take the mail within 20 s');
  });

  it('leaves a host its time that has the whole mail: who gives up sends it again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const host = await mailHost({ tls: 'none' });
    host.answer = 'slow';

    const sent = sendMail(settingsFor(host), mail, never);
    await host.holds();
    vi.advanceTimersByTime(599_000);
    host.release();
    await sent;

    expect(host.mails).toHaveLength(1);
  });

  it('lets no line of a subject become a header', async () => {
    const host = await mailHost();

    await sendMail(settingsFor(host), { ...mail, subject: 'a\r\nBcc: eve@example.org' }, never);

    expect(host.mails[0]!.to).toEqual(['ada@example.org']);
    expect(host.mails[0]!.headers).not.toHaveProperty('bcc');
  });
});

it('sendTestMail sends a mail that says that mails arrive', async () => {
  const host = await mailHost({ login: LOGIN });

  await sendTestMail(settingsFor(host, LOGIN), 'hub.example.org');

  expect(host.mails).toMatchObject([{ to: ['ada@example.org'], text: expect.stringContaining('as a test') }]);
});

async function mailHost(options?: MailHostOptions): Promise<MailHost> {
  const host = await startMailHost(options);
  opened.push(host);
  return host;
}

function settingsFor({ port }: { port: number }, login?: MailSettings['login']): MailSettings {
  return {
    host: '127.0.0.1',
    port,
    isTlsFirst: false,
    administrator: 'ada@example.org',
    sender: 'hub@example.org',
    login,
  };
}
