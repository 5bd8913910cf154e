import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { machineFacts } from '../load/machine-facts.ts';
import { outwardFetch, problemOf, proxyVariables } from '../outward-fetch.ts';
import { findGit, isGitRecent, OLDEST_GIT } from '../projects/git-program.ts';
import { type Check, type Finding, fine, warning } from './finding.ts';

/** Least open files that a server with a hundred simulations and a thousand watchers should be allowed: our choice. */
const WANTED_FILES = 4_096;

/** Longest wait for a program that only says something, in ms: our choice. */
const PATIENCE = 15_000;

const UNREACHED = 'check the network, HTTPS_PROXY, or name a mirror in `mirrors`; worlds of this host cannot be run';

/** What does not depend on the configuration. */
export const MACHINE_CHECKS: readonly Check[] = [
  { what: 'machine', look: lookAtMachine },
  { what: 'Node', look: async () => [fine('Node', process.version)] },
  { what: 'git', look: lookAtGit },
  { what: 'user', look: async () => [userFinding()] },
  { what: 'open files', look: lookAtFiles },
];

async function lookAtMachine() {
  const { system, cpu, gpu, memory } = await machineFacts();
  return [fine('machine', `${system}; ${cpu}; ${memory}; GPU ${gpu}`)];
}

async function lookAtGit() {
  const version = await findGit();
  const install = `install git ${OLDEST_GIT.join('.')} or later; until then a part of this program checks worlds out, more slowly`;
  if (!version) return [warning('git', 'not installed', install)];
  const text = version.join('.');
  return [isGitRecent(version) ? fine('git', text) : warning('git', `${text} is too old`, install)];
}

/** @param uid of the user who runs this; undefined where the system has none */
export function userFinding(uid = process.getuid?.()): Finding {
  if (uid !== 0) return fine('user', uid === undefined ? 'not looked for' : `number ${uid}`);
  const advice =
    'run servers as a user of their own, and the doctor as that one: it sees what root may do, and controllers of root may do everything';
  return warning('user', 'root', advice);
}

async function lookAtFiles() {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, soft] = /^Max open files\s+(\S+)/m.exec(limits) ?? [];
  if (soft === undefined) return [fine('open files', 'no limit is known on this system')];
  const isEnough = soft === 'unlimited' || Number(soft) >= WANTED_FILES;
  if (isEnough) return [fine('open files', `at most ${soft} a process`)];
  return [
    warning(
      'open files',
      `at most ${soft} a process`,
      `allow ${WANTED_FILES}: \`ulimit -n ${WANTED_FILES}\`, or LimitNOFILE= for systemd`,
    ),
  ];
}

/**
 * Whether another git host answers, whatever it says: it is not known what repositories it has.
 *
 * @param mirrors one of the whole host is asked instead
 */
export function otherHostCheck(host: string, mirrors: Readonly<Record<string, string>>): Check {
  const [, mirror = `https://${host}`] =
    Object.entries(mirrors).find(([prefix]) => prefix.toLowerCase().replace(/\/+$/, '') === `https://${host}`) ?? [];
  return {
    what: host,
    async look() {
      if (!/^https?:/i.test(mirror)) return [fine(host, `comes from ${mirror}`)];
      try {
        const { status, body } = await outwardFetch(mirror, {
          redirect: 'manual',
          signal: AbortSignal.timeout(PATIENCE),
        });
        await body?.cancel();
        return [fine(host, `answers (status ${status})`)];
      } catch (error) {
        return [warning(host, problemOf(error), UNREACHED)];
      }
    },
  };
}

/** Whether worlds can be had from a git host, by git itself, which knows of proxies. */
export function gitHostCheck(repository: string): Check {
  const what = new URL(repository).host;
  return {
    what,
    async look() {
      if (!(await findGit())) return [warning(what, 'not tried, because git is not installed', 'install git')];
      const { failed, stderr } = await execa('git', ['ls-remote', '--quiet', repository, 'HEAD'], {
        reject: false,
        timeout: PATIENCE,
        env: { ...proxyVariables(process.env), GIT_TERMINAL_PROMPT: '0' },
      });
      if (!failed) return [fine(what, 'answers')];
      const [reason = 'no answer'] = stderr
        .split('\n')
        .filter((line) => line !== '')
        .slice(-1);
      return [warning(what, reason, UNREACHED)];
    },
  };
}
