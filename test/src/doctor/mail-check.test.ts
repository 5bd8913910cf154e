import { afterEach, expect, it } from 'vitest';
import { completeSessionConfig, sessionConfigSchema } from '../../../src/config/session-config.ts';
import { mailCheck } from '../../../src/doctor/mail-check.ts';
import { type MailHost, type MailHostOptions, startMailHost } from '../../fixtures/mail-host.ts';
import { freePort } from '../../fixtures/simulation-server.ts';

const LOGIN = { user: 'hub', password: 'correct horse' };
const opened: MailHost[] = [];

afterEach(async () => {
  for (const host of opened.splice(0)) await host.stop();
});

async function examine(options: MailHostOptions, config: object = {}) {
  const host = await startMailHost(options);
  opened.push(host);
  const values = sessionConfigSchema.parse({
    port: 1999,
    administrator: 'ada@example.org',
    mailServer: 'localhost',
    mailServerPort: host.port,
    mailSender: 'hub@example.org',
    mailSenderUser: LOGIN.user,
    mailSenderPassword: LOGIN.password,
    ...config,
  });
  const [finding] = await mailCheck(completeSessionConfig(values, '/').config).look();
  return finding;
}

it('says that a mail is on its way', async () => {
  expect(await examine({ login: LOGIN })).toMatchObject({ level: 'fine' });
});

it('says how to trust a certificate that nobody vouches for', async () => {
  // This address leads to this machine as well, but does not say so.
  expect(await examine({ login: LOGIN }, { mailServer: '0.0.0.0' })).toMatchObject({
    level: 'error',
    found: expect.stringMatching(/^0\.0\.0\.0:\d+: .*certificate/),
    advice: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
});

it('names the keys of a login that is refused', async () => {
  expect(await examine({ login: LOGIN }, { mailSenderPassword: 'wrong' })).toMatchObject({
    level: 'error',
    advice: 'see `mailSenderUser` and `mailSenderPassword`',
  });
});

it('names the port where the host offers no TLS', async () => {
  expect(await examine({ tls: 'none', login: LOGIN })).toMatchObject({
    level: 'error',
    advice: expect.stringMatching(/^see `mailServerPort`: 587/),
  });
});

it('names host and port where nobody answers', async () => {
  expect(await examine({}, { mailServerPort: await freePort() })).toMatchObject({
    level: 'error',
    advice: expect.stringMatching(/^see `mailServer` and `mailServerPort`/),
  });
});
