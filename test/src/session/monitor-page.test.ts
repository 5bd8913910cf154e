import { describe, expect, it } from 'vitest';
import type { ServerLine, SessionMonitorMessage } from '../../../src/monitor/messages.ts';
import type { ServerStatus } from '../../../src/monitor/server-status.ts';
import { monitorPage } from '../../../src/session/monitor-page.ts';

const server = (entry: string, changes: Partial<ServerLine> = {}): ServerLine => ({
  entry,
  state: 'available',
  load: 1,
  reserved: 0,
  isJoined: false,
  answeredAt: 97_000,
  latency: 1.5,
  history: [],
  status: null,
  ...changes,
});

const status: ServerStatus = {
  version: '1.2.3',
  platform: 'linux x64',
  engine: 'stand-in',
  capacity: 10,
  running: 2,
  queued: 0,
  intake: 'drained',
  repositories: null,
};

const unknown = { load: null, answeredAt: null, latency: null };

const facts: SessionMonitorMessage = {
  now: 100_000,
  time: '2025-03-04T06:07:08.000Z',
  servers: [
    server('localhost:2000', { load: 25.125, reserved: 5, status }),
    server('h.example/2000', { state: 'overloaded', load: 95 }),
    server('gone:2000', { state: 'unreachable', ...unknown }),
    server('new:2000', { state: 'probing', isJoined: true, ...unknown }),
  ],
  meanLoad: 60.0625,
  loadThreshold: 95,
  ssl: true,
  watchers: 7,
  queued: 4,
  grants: 3,
  refusals: 1,
  transitions: [{ time: '2025-03-04T06:07:00.000Z', entry: 'gone:2000', before: 'available', state: 'unreachable' }],
};

const startedAt = new Date('2025-03-04T05:06:07Z');
const html = (changes: Partial<SessionMonitorMessage> = {}) =>
  String(monitorPage({ ...facts, ...changes }, startedAt).body);

const textOf = (text: string) => text.replace(/<.*?>/g, '');
/** The text of each cell of each row. */
const rowsOf = (text: string) =>
  [...text.matchAll(/<tr .*?>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row!.matchAll(/<t[hd] .*?>(.*?)<\/t[hd]>/g)].map(([, cell]) => textOf(cell!)),
  );
const summaryOf = (text: string) => textOf(/<p class="summary".*?<\/p>/.exec(text)?.[0] ?? '');

describe('monitorPage', () => {
  it('shows every server with its state and loads, those with a problem first, and the latest changes', () => {
    expect(rowsOf(html())).toEqual([
      ['Server', 'State', 'Load', 'Last ten minutes', 'Reserved', 'Simulations', 'Engine', 'Version', 'Last answer'],
      ['gone:2000', 'unreachable: not responding', 'N/A', '', '–', '–', '–', '–', 'never'],
      [
        'h.example/2000',
        'overloaded: its machine is busy by simulations or other programs; gets clients below 95%',
        '95%',
        '',
        '–',
        '–',
        '–',
        '–',
        '3 s ago in 2 ms',
      ],
      ['new:2000 joined', 'probing: not heard of yet', 'N/A', '', '–', '–', '–', '–', 'never'],
      ['localhost:2000', 'available drained', '25.1%', '', '5%', '2 of 10', 'stand-in', '1.2.3', '3 s ago in 2 ms'],
      ['Time', 'Server', 'Change'],
      ['06:07:00 UTC', 'gone:2000', 'available → unreachable'],
    ]);
  });

  it.each([
    [0, 'by other programs, as no simulation runs there'],
    [2, 'by 2 simulations and all else there'],
  ])('says what makes a machine with %i simulations busy', (running, words) => {
    const servers = [server('a:1', { state: 'overloaded', load: 97, status: { ...status, running, intake: 'open' } })];

    expect(rowsOf(html({ servers }))[1]![1]).toBe(`overloaded: its machine is busy ${words}; gets clients below 95%`);
  });

  it.each([
    [facts.servers, 'Of 4 servers: 1 not responding, 1 overloaded, 1 not heard of yet.'],
    [[server('a:1'), server('b:1')], 'All 2 servers are available.'],
    [[server('a:1')], 'The server is available.'],
    [[], 'There is no simulation server.'],
  ])('sums up %# at its top', (servers, text) => {
    expect(summaryOf(html({ servers }))).toBe(text);
  });

  it('has the title, the start, the mean load, and what clients did', () => {
    const body = html();

    expect(body).toContain('<title>Webots session server</title>');
    expect(body).toContain('2025-03-04 05:06:07 UTC');
    expect(textOf(/<dl class="figures">(.*?)<\/dl>/s.exec(body)![1]!).trim()).toBe(
      'Available1 of 4Mean load60.1%Simulations2 of 10Watchers7Waiting in line4Granted in a minute3Refused in a minute1',
    );
    expect(html({ meanLoad: null })).toContain('<dd id="mean-load">N/A</dd>');
  });

  it('marks loads from the threshold on, and no others', () => {
    expect(html().match(/<span data-mark="bad">[\d.]+%<\/span>/g)).toEqual(['<span data-mark="bad">95%</span>']);
  });

  it('links to the monitor of each server', () => {
    const links = (text: string) => [...text.matchAll(/<a href="(.*?)"/g)].map(([, link]) => link);

    expect(links(html())).toEqual([
      'https://gone:2000/monitor',
      'https://h.example/2000/monitor',
      'https://new:2000/monitor',
      'https://localhost:2000/monitor',
    ]);
    expect(links(html({ ssl: false })).at(-1)).toBe('http://localhost:2000/monitor');
  });

  it('escapes names, and allows no scripts or styles but those of its server', () => {
    const { body, headers } = monitorPage({ ...facts, servers: [server('"><script>alert(1)<&')] }, startedAt);

    expect(body).not.toContain('<script>');
    expect(body).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;&amp;');
    expect(body).not.toMatch(/ style=|<style| on\w+=/);
    expect(headers?.['Content-Security-Policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  });

  it('draws loads with gaps where there was none', () => {
    const body = html({ servers: [server('a:1', { history: [null, 10, 20, null, 130] })] });

    expect(body).toContain('aria-label="Load of a:1 over ten minutes: at most 130%"');
    expect(body).toContain('<path d="M1 90h.01L2 80h.01M4 0h.01"/>');
  });
});
