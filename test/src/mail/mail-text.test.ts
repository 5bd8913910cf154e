import { describe, expect, it } from 'vitest';
import type { ServerDigest } from '../../../machines/mailer.ts';
import { mailText } from '../../../src/mail/mail-text.ts';

const NOON = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;
const URL = 'https://hub.example.org/1999/monitor';

const failed: ServerDigest = {
  entry: 'lab1:2000',
  state: 'unreachable',
  at: NOON,
  problem: 'connect ECONNREFUSED 192.0.2.1:2000',
  before: 'available',
  beforeSince: undefined,
  firstAt: NOON,
  entered: { available: 0, overloaded: 0, draining: 0, unreachable: 1 },
};
const full: ServerDigest = {
  ...failed,
  entry: 'lab2:2000',
  state: 'overloaded',
  load: 97.4,
  problem: undefined,
  entered: { available: 0, overloaded: 1, draining: 0, unreachable: 0 },
};
const back: ServerDigest = {
  ...failed,
  state: 'available',
  load: 2,
  problem: undefined,
  before: 'unreachable',
  beforeSince: NOON - 4 * MINUTE,
  entered: { available: 1, overloaded: 0, draining: 0, unreachable: 0 },
};

describe('mailText', () => {
  it('tells a person what happened, to which server, since when, what to do, and how many are left', () => {
    expect(textOf([failed], 2, 3)).toEqual({
      subject: 'Simulation server lab1:2000 does not answer',
      text: `Dear administrator,

The simulation server lab1:2000 has not answered since 2026-11-26 12:00:00 UTC: connect ECONNREFUSED 192.0.2.1:2000.
What to do: see whether the machine runs and can be reached. On it, \`./server.sh status\`, or \`systemctl status\` for a service, tells whether the simulation server runs, its log why it ended, and \`./server.sh start\`, or \`systemctl start\`, starts it. It gets no clients until it answers.

2 of 3 simulation servers are available.

How all servers are now: https://hub.example.org/1999/monitor

Your session server on hub.example.org
`,
    });
  });

  it.each([
    [full, 'Simulation server lab2:2000 is full', 'has been full since 2026-11-26 12:00:00 UTC (load 97%).'],
    [
      back,
      'Simulation server lab1:2000 is back',
      'has answered again since 2026-11-26 12:00:00 UTC (load 2%); it was unreachable for 4 min.',
    ],
    [
      { ...back, before: 'overloaded', beforeSince: NOON - 125 * MINUTE } as const,
      'Simulation server lab1:2000 has room again',
      'has had room again since 2026-11-26 12:00:00 UTC (load 2%); it was full for 2 h 5 min.',
    ],
    [
      { ...full, state: 'draining', entered: { available: 0, overloaded: 1, draining: 1, unreachable: 0 } } as const,
      'Simulation server lab2:2000 takes no clients',
      'has taken no clients since 2026-11-26 12:00:00 UTC: it was drained, or is being stopped.',
    ],
  ])('tells of one that fills up, takes nobody, comes back, or has room again', (server, subject, sentence) => {
    expect(textOf([server])).toMatchObject({ subject, text: expect.stringContaining(sentence) });
  });

  it('tells flapping once, with counts', () => {
    const flapping: ServerDigest = {
      ...failed,
      firstAt: NOON - 20_000,
      entered: { available: 3, overloaded: 0, draining: 0, unreachable: 4 },
    };

    expect(textOf([flapping]).text).toContain(
      'It was available, and changed 7 times within 20 s: available 3 times, unreachable 4 times.',
    );
    const once = {
      ...back,
      before: 'available',
      entered: { available: 1, overloaded: 0, draining: 0, unreachable: 1 },
    } as const;
    expect(textOf([once])).toMatchObject({
      subject: 'Simulation server lab1:2000 is back',
      text: expect.stringContaining('changed 2 times within less than a second: available once, unreachable once.'),
    });
  });

  it('counts what became of several servers in the subject, and has a paragraph for each', () => {
    const { subject, text } = textOf([failed, { ...failed, entry: 'lab3:2000' }, full], 1, 4);

    expect(subject).toBe('Simulation servers: 2 do not answer, 1 is full');
    expect(text.match(/^The simulation server \S+/gm)).toEqual([
      'The simulation server lab1:2000',
      'The simulation server lab3:2000',
      'The simulation server lab2:2000',
    ]);
    expect(text).toContain('1 of 4 simulation servers is available.');
  });

  it('says plainly that nobody can start a simulation', () => {
    expect(textOf([failed], 0, 2).text).toContain(
      'None of 2 simulation servers is available: nobody can start a simulation.',
    );
  });

  it('keeps what a server sent in one line of bounded length', () => {
    const { text } = textOf([{ ...failed, problem: `a\r\n\r\nDear ${'x'.repeat(1_000)}` }]);

    expect(text).toContain('UTC: a Dear xxx');
    expect(text.length).toBeLessThan(1_000);
  });

  it('counts no negative time where the clock was set back', () => {
    expect(textOf([{ ...back, beforeSince: NOON + MINUTE }]).text).toContain('it was unreachable for 0 s.');
  });
});

function textOf(servers: readonly ServerDigest[], available = 1, all = 2) {
  return mailText({ number: 1, servers, available, all }, 'hub.example.org', URL);
}
