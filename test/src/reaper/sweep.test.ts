import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ledger, type LedgerEntry, type LedgerFacts, openLedger } from '../../../src/reaper/ledger.ts';
import { machineIdentity } from '../../../src/reaper/machine-identity.ts';
import { findProcess, hasProcessTable, isRunning, type ProcessIdentity } from '../../../src/reaper/process-table.ts';
import { sweepOrphans } from '../../../src/reaper/sweep.ts';

const machine = machineIdentity();

/** Far above the largest number that Linux gives to a process. */
const DEAD: ProcessIdentity = { pid: 2 ** 30, startTime: 1 };

const SELF = findProcess(process.pid)!;
const SESSION = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

let folder: string;
let instances: string;
let ledger: Ledger;
let notices: string[];
let started: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-'));
  instances = join(folder, 'instances');
  notices = [];
  started = [];
  ledger = openLedger(join(folder, 'ledger'), (message) => notices.push(message));
  await mkdir(join(instances, SESSION, 'project'), { recursive: true });
});
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

describe.skipIf(!hasProcessTable)('a sweep (only where there is a /proc)', () => {
  it('ends what a dead server has left: processes by group and by mark, folder, entry', async () => {
    const member = await startProgram(OTHER, { detached: true });
    const marked = await startProgram(SESSION);
    const groups = [findProcess(member.pid!)!];
    ledger.write(entry({ groups, owner: { ...DEAD, startTime: 0 } }));

    expect(await sweep()).toEqual({ ended: [SESSION], adopted: [] });

    await Promise.all([gone(member), gone(marked)]);
    expect(await readdir(instances)).toEqual([]);
    expect(ledger.read().entries).toEqual([]);
  });

  it('leaves the sessions of a server that lives as they are', async () => {
    const engine = await startProgram(SESSION, { detached: true });
    const alive = await startProgram('none');
    const facts = entry({ owner: findProcess(alive.pid!)!, groups: [findProcess(engine.pid!)!] });
    ledger.write(facts);

    expect(await sweep()).toEqual({ ended: [], adopted: [] });

    expect(isRunning(findProcess(engine.pid!)!)).toBe(true);
    expect(await readdir(instances)).toEqual([SESSION]);
    expect(ledger.read().entries).toEqual([{ version: 1, ...facts }]);
  });

  it('never touches a process that has got the number of one that is gone', async () => {
    const recycled = await startProgram('none', { detached: true });
    const { pid, startTime } = findProcess(recycled.pid!)!;
    ledger.write(entry({ groups: [{ pid, startTime: startTime - 1 }] }));

    expect(await sweep()).toEqual({ ended: [SESSION], adopted: [] });

    expect(isRunning({ pid, startTime })).toBe(true);
  });

  it('takes a server whose number was given again for dead', async () => {
    ledger.write(entry({ owner: { pid: SELF.pid, startTime: SELF.startTime - 1 } }));

    expect(await sweep()).toEqual({ ended: [SESSION], adopted: [] });
  });

  it('signals nobody for an entry from before the last start of the machine, whose folder it removes', async () => {
    const innocent = await startProgram('none', { detached: true });
    ledger.write(
      entry({ machine: { ...machine, bootId: 'an earlier one' }, groups: [findProcess(innocent.pid!)!], owner: SELF }),
    );

    expect(await sweep()).toEqual({ ended: [SESSION], adopted: [] });

    expect(isRunning(findProcess(innocent.pid!)!)).toBe(true);
    expect(await readdir(instances)).toEqual([]);
  });

  it('leaves alone what another machine keeps on the same disk', async () => {
    ledger.write(entry({ machine: { ...machine, host: 'elsewhere' } }));

    expect(await sweep()).toEqual({ ended: [], adopted: [] });
    expect(await readdir(instances)).toEqual([SESSION]);
  });

  it('hands over the sessions of the very server that it is done for, without the programs of their dead reaper', async () => {
    const lost = await startProgram(SESSION, { detached: true });
    const own: LedgerEntry = { version: 1, ...entry({ owner: { pid: SELF.pid, startTime: SELF.startTime } }) };
    ledger.write(own);

    expect(await sweep()).toEqual({ ended: [], adopted: [own] });
    await gone(lost);
    expect(await readdir(instances)).toEqual([SESSION]);
  });

  it('removes folders of sessions that no entry knows, and no other ones', async () => {
    await mkdir(join(instances, 'of the operator'));

    expect(await sweep()).toEqual({ ended: [], adopted: [] });
    expect(await readdir(instances)).toEqual(['of the operator']);
  });

  it.each(['/etc', '../elsewhere', `${tmpdir()}/x`])(
    'removes no folder outside its own, whatever an entry says (%s)',
    async (other) => {
      const elsewhere = join(folder, 'elsewhere');
      await mkdir(elsewhere);
      ledger.write(entry({ folder: other.startsWith('..') ? join(instances, other) : other }));

      expect(await sweep()).toEqual({ ended: [SESSION], adopted: [] });
      expect(await readdir(folder)).toContain('elsewhere');
      expect(await readdir('/etc')).not.toEqual([]);
    },
  );

  it('leaves a folder whose entry cannot be read, and tells so', async () => {
    await mkdir(join(folder, `ledger/${SESSION}.json`));

    expect(await sweep()).toEqual({ ended: [], adopted: [] });
    expect(await readdir(instances)).toEqual([SESSION]);
    expect(notices).toEqual([
      expect.stringMatching(/^Expected to read the entry a+\.json of the ledger, left it: .*EISDIR/),
    ]);
  });

  it('drops entries that are none, and tells so', async () => {
    await writeFile(join(folder, 'ledger/half.json'), '{"version":1,"session":"ha');
    await writeFile(join(folder, 'ledger/other.json'), JSON.stringify({ version: 1, ...entry({}) }));

    await sweep();

    expect(await readdir(join(folder, 'ledger'))).toEqual([]);
    expect(notices).toEqual([
      'Expected an entry of version 1 in the ledger, removed half.json',
      'Expected an entry of version 1 in the ledger, removed other.json',
    ]);
  });
});

function sweep() {
  return sweepOrphans({ ledger, instances, machine, owner: SELF, report: (message) => notices.push(message) });
}

function entry(facts: Partial<LedgerFacts>): LedgerFacts {
  return {
    session: SESSION,
    machine,
    owner: DEAD,
    reaper: DEAD,
    folder: join(instances, SESSION),
    port: 2_001,
    groups: [],
    ...facts,
  };
}

async function startProgram(session: string, options: { detached?: boolean } = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
    env: { WEBOTS_HUB_SESSION: session },
    stdio: ['ignore', 'pipe', 'ignore'],
    ...options,
  });
  started.push(child);
  await once(child.stdout!, 'data');
  return child;
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
