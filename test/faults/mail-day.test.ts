import { afterEach, expect, it, vi } from 'vitest';
import { MAIL_FAULTS } from '../fixtures/faulty-mail-host.ts';
import { isBuilt } from '../fixtures/hub-program.ts';
import { type DayServer, LAST, LOGIN, type MailDay, startMailDay } from '../fixtures/mail-day.ts';
import { changesDue, changesTold, sumOf } from '../fixtures/mail-oracle.ts';
import { type Draw, draws } from '../soak/draws.ts';

/** `MAIL_DAY=MINUTES` makes the day longer, and prints its figures; `MAIL_DAY_SEED` makes it another one. */
const MINUTES = Number(process.env.MAIL_DAY ?? 0);
const SEED = Number(process.env.MAIL_DAY_SEED ?? 1);

/** Steps of a short day: a sudden end of the session server, an upgrade, a restart. */
const SHORT = 3;

const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Longest time of the test, in ms. */
const PATIENCE = { timeout: MINUTES * 60_000 + 300_000 };

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

it.skipIf(!isBuilt)(
  `the administrator gets every mail of a day of faults exactly once${SKIPPED}`,
  PATIENCE,
  async () => {
    const day = await startMailDay(opened);
    const draw = draws(SEED, 0);
    const end = performance.now() + MINUTES * 60_000;
    for (let step = 0; step < SHORT || performance.now() < end; step++) await live(day, draw, step);
    await day.allTold();

    const { copies, refused, met } = day.host;
    const mails = new Map([...refused, ...copies.map(({ id, text }) => [id, text] as const)]);
    const told = sumOf([...mails.values()].map(changesTold));
    const sure = [...mails.keys()].map((id) => copies.filter((copy) => copy.id === id && !copy.isDoubtful).length);
    const faults = Object.fromEntries(met);
    if (MINUTES > 0)
      console.log({
        mails: mails.size,
        refused: refused.size,
        copies: copies.length,
        runs: day.runs.length,
        told,
        faults,
      });
    expect(told).toEqual(changesDue(day.runs));
    expect(sure.filter((count) => count > 1)).toEqual([]);
    expect(copies.filter(({ id, text }) => mails.get(id) !== text)).toEqual([]);
    expect(JSON.stringify(day.runs)).not.toContain(LOGIN.password);
  },
);

interface ServerAct {
  /** Whether a server that has joined is in the list no more then. */
  readonly isLeave?: boolean;
  begin(server: DayServer): unknown;
  /** As what it is found then. */
  readonly found: string;
  end(server: DayServer): unknown;
}

const SERVER_ACTS: readonly ServerAct[] = [
  { begin: (server) => server.end('SIGKILL'), found: 'not responding', end: (server) => server.start() },
  { isLeave: true, begin: (server) => server.end('SIGTERM'), found: 'not responding', end: (server) => server.start() },
  {
    begin: ({ program }) => program.process.kill('SIGSTOP'),
    found: 'not responding',
    end: ({ program }) => program.process.kill('SIGCONT'),
  },
  { isLeave: true, begin: (server) => server.ask('drain'), found: 'draining', end: (server) => server.ask('undrain') },
];

/** What becomes of the session server meanwhile. */
const SESSION_ACTS: readonly ((day: MailDay) => Promise<unknown>)[] = [
  (day) => day.end('SIGKILL').then(day.startAgain),
  (day) => day.takeOver(),
  (day) => day.end('SIGTERM').then(day.startAgain),
  (day) => day.failTakeOver(),
  (day) => day.fillAll(),
  (day) => day.takeOverFromStopped(),
];

/** One server fails while the mail host does, something happens to the session server meanwhile, and all is well again. */
async function live(day: MailDay, draw: Draw, step: number): Promise<void> {
  const of = <Entry>(entries: readonly Entry[]) => entries[Math.floor(draw() * entries.length)]!;
  const { host, found } = day;
  const [server, act, fault] = [of([day.listed, day.joined]), of(SERVER_ACTS), of(MAIL_FAULTS)];
  const sessionAct = MINUTES > 0 ? of(SESSION_ACTS) : SESSION_ACTS[step]!;
  await host.setFault(fault);
  const before = host.met.get(fault) ?? 0;
  const isLeaving = server === day.joined && act.isLeave === true;
  await act.begin(server);
  // One that has joined and fails is soon in the list no more, after that.
  await found(server, ...(isLeaving ? [] : [act.found]), ...(server === day.joined ? ['no longer listed'] : []));
  // That one has left is told to nobody.
  if (!isLeaving) {
    await vi.waitFor(async () => {
      if (fault === 'refuses connections') expect(await day.record()).toHaveProperty('mail');
      else expect(host.met.get(fault) ?? 0).toBeGreaterThan(before);
    }, LAST);
  }
  await sessionAct(day);
  if (draw() < 0.5) await host.setFault(undefined);
  await act.end(server);
  await Promise.all([day.listed, day.joined].map((each) => found(each, 'available')));
  await host.setFault(undefined);
}
