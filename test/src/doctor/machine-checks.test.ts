import { expect, it } from 'vitest';
import { otherHostCheck, userFinding } from '../../../src/doctor/machine-checks.ts';
import { startGitServer } from '../../fixtures/git-server.ts';

it('asks the mirror of a git host where one stands for all of it', async () => {
  const server = await startGitServer();
  const findings = await otherHostCheck('git.lab.invalid:3000', { 'https://git.lab.invalid:3000/': server.url }).look();
  await server.close();

  expect(findings).toMatchObject([{ level: 'fine', what: 'git.lab.invalid:3000' }]);
});

it('asks nobody where a folder stands for a git host', async () => {
  expect(await otherHostCheck('git.lab.invalid', { 'https://git.lab.invalid': '/srv/git' }).look()).toMatchObject([
    { level: 'fine', found: 'comes from /srv/git' },
  ]);
});

it('warns of a git host that does not answer', async () => {
  expect(await otherHostCheck('git.lab.invalid', {}).look()).toMatchObject([{ level: 'warning' }]);
});

it('warns of root, as whom everything seems to be allowed', () => {
  expect(userFinding(0)).toMatchObject({ level: 'warning', found: 'root' });
  expect(userFinding(1000)).toMatchObject({ level: 'fine' });
});
