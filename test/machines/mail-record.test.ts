import { describe, expect, it } from 'vitest';
import {
  type MailDigest,
  type MailRecord,
  MOST_KEPT,
  recordOf,
  type ServerFinding,
  type ToldState,
  withFailure,
  withFinding,
  withMail,
  withoutMail,
  withoutServer,
} from '../../machines/mail-record.ts';

const found = (entry: string, state: ToldState, at = 0): ServerFinding => ({ entry, state, at });

/** What is left after these findings, one after the other. */
const having = (record: MailRecord, ...findings: ServerFinding[]) => findings.reduce(withFinding, record);

/** The mail that would be sent now. */
const mailOf = (record: MailRecord): MailDigest => withMail(record).mail!;

/** The record once that mail was taken. */
const told = (record: MailRecord): MailRecord => withoutMail(withMail(record));

const fresh = recordOf(['a', 'b'], []);

describe('what waits to be told', () => {
  it('is nothing of servers that are found as they were, nor of one that is well at first', () => {
    const record = having(fresh, found('a', 'available'), found('never heard of', 'available'));
    expect(record.waiting).toEqual([]);

    const overloaded = having(record, found('a', 'overloaded'));
    expect(having(overloaded, found('a', 'overloaded', 1))).toBe(overloaded);
  });

  it('is what was found before it began, but not that a server is well', () => {
    const record = recordOf(['a', 'b'], [found('a', 'unreachable', 1_000), found('b', 'available', 1_000)]);

    expect(mailOf(record)).toMatchObject({ servers: [{ entry: 'a', firstAt: 1_000 }], available: 1, all: 2 });
  });

  it('is one line for each server, with its last state, what it was before, and counts', () => {
    const burst = [1_000, 2_000, 3_000].flatMap((time) => [
      found('a', 'unreachable', time),
      found('a', 'available', time + 500),
    ]);

    expect(having(fresh, ...burst, found('b', 'overloaded', 2_000)).waiting).toMatchObject([
      {
        entry: 'a',
        state: 'available',
        before: 'available',
        firstAt: 1_000,
        at: 3_500,
        entered: { available: 3, overloaded: 0, draining: 0, unreachable: 3 },
      },
      { entry: 'b', state: 'overloaded' },
    ]);
  });

  it('is of a thousand servers at most, the last ones', () => {
    const [waiting] = having(fresh, found('s', 'unreachable')).waiting;
    const full = {
      ...fresh,
      waiting: Array.from({ length: MOST_KEPT }, (_, index) => ({ ...waiting!, entry: `s${index}` })),
    };

    expect(having(full, found('a', 'unreachable')).waiting.map(({ entry }) => entry)).toEqual([
      ...full.waiting.slice(1).map(({ entry }) => entry),
      'a',
    ]);
  });
});

describe('a mail', () => {
  it('tells all that waits, and of each state how long it lasted', () => {
    const first = told(having(fresh, found('a', 'unreachable', 1_000)));

    expect(mailOf(having(first, found('a', 'available', 61_000)))).toMatchObject({
      number: 2,
      servers: [{ before: 'unreachable', beforeSince: 1_000 }],
      available: 2,
    });
  });

  it('stays the same until it is over, whatever is found meanwhile and however often it fails', () => {
    const record = withMail(having(fresh, found('a', 'unreachable')));
    const later = withMail(withFailure(having(record, found('b', 'unreachable'))));

    expect(later.mail).toBe(record.mail);
    expect(withMail(withoutMail(later)).mail).toMatchObject({ number: 2, servers: [{ entry: 'b' }] });
  });

  it('has its failures counted until it is over', () => {
    const record = withFailure(withFailure(withMail(having(fresh, found('a', 'unreachable')))));

    expect(record.failures).toBe(2);
    expect(withFailure(withoutMail(record)).failures).toBe(1);
  });
});

describe('a server that is watched no more', () => {
  it('is not counted, but what has become of it before is told', () => {
    const record = withoutServer(having(fresh, found('b', 'unreachable')), 'b');

    expect(mailOf(record)).toMatchObject({ servers: [{ entry: 'b', state: 'unreachable' }], available: 1, all: 1 });
  });

  it('is remembered where it was not well, so that its return is told', () => {
    const gone = withoutServer(told(having(fresh, found('c', 'unreachable', 1_000))), 'c');

    expect(mailOf(gone)).toMatchObject({ all: 2 });
    expect(mailOf(having(gone, found('c', 'available', 200_000)))).toMatchObject({
      servers: [{ entry: 'c', before: 'unreachable', beforeSince: 1_000 }],
      all: 3,
    });
  });

  it('is one of a thousand that are remembered at most, the last ones', () => {
    const entries = Array.from({ length: MOST_KEPT }, (_, index) => `s${index}`);
    const absent = { state: 'unreachable', isAbsent: true } as const;
    const before = { known: Object.fromEntries(entries.map((entry) => [entry, absent])), waiting: [], mails: 0 };
    const record = having(recordOf(['a'], [], before), found('a', 'unreachable'));

    expect(Object.keys(withoutServer(record, 'a').known)).toEqual([...entries.slice(1), 'a']);
  });
});

describe('a record that another mailer has left', () => {
  it('makes news of what has changed meanwhile, and tells nothing again', () => {
    const left = having(told(having(fresh, found('a', 'unreachable', 1_000))), found('b', 'unreachable', 2_000));
    const record = recordOf(['a', 'b'], [found('a', 'unreachable', 9_000), found('b', 'available', 9_000)], left);

    expect(mailOf(record)).toMatchObject({ number: 2, servers: [{ entry: 'b', firstAt: 2_000, at: 9_000 }] });
  });

  it('knows a server that has joined when that joins again', () => {
    const left = told(having(fresh, found('joined', 'overloaded')));
    const record = having(recordOf(['a', 'b'], [], left), found('joined', 'overloaded'));
    expect(record.waiting).toEqual([]);

    expect(mailOf(having(record, found('joined', 'available')))).toMatchObject({
      servers: [{ before: 'overloaded' }],
      available: 3,
      all: 3,
    });
  });
});
