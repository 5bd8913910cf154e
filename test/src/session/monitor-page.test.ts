import { describe, expect, it } from 'vitest';
import { type MonitorFacts, monitorPage } from '../../../src/session/monitor-page.ts';

const facts: MonitorFacts = {
  servers: [
    { entry: 'localhost:2000', state: 'available', load: 25.125, reserved: 5 },
    { entry: 'h.example/2000', state: 'overloaded', load: 95, reserved: 0 },
    { entry: 'gone:2000', state: 'unreachable', load: undefined, reserved: 0 },
    { entry: 'new:2000', state: 'probing', load: undefined, reserved: 0 },
  ],
  meanLoad: 60.0625,
  loadThreshold: 95,
  ssl: true,
  startedAt: new Date('2025-03-04T05:06:07Z'),
};

/** The text of each cell of each row. */
const rowsOf = (html: string) =>
  [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[hd].*?>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell!.replace(/<.*?>/g, '')),
  );

describe('monitorPage', () => {
  it('shows every server with its load and its state, and the average once with a percent sign', () => {
    expect(rowsOf(String(monitorPage(facts).body))).toEqual([
      ['#', 'Server', 'Load', 'State'],
      ['1', 'localhost:2000', '25.13%', 'available'],
      ['2', 'h.example/2000', '95%', 'overloaded'],
      ['3', 'gone:2000', 'N/A', 'not responding'],
      ['4', 'new:2000', 'N/A', 'not heard of yet'],
      ['', 'Average', '60.06%', ''],
    ]);
  });

  it('has the title, the heading, the start and the number of servers', () => {
    const { body } = monitorPage(facts);

    expect(body).toContain('<title>Webots session server</title>');
    expect(body).toContain('<h1>Webots session server</h1>');
    expect(body).toContain('2025-03-04 05:06:07 UTC');
    expect(body).toContain('Managing 4 simulation servers:');
    expect(monitorPage({ ...facts, servers: facts.servers.slice(0, 1) }).body).toContain(
      'Managing 1 simulation server:',
    );
  });

  it('marks loads from the threshold on, and no others', () => {
    const marked = String(monitorPage(facts).body).match(/<td class="load high">.*?<\/td>/g);

    expect(marked).toEqual(['<td class="load high">95%</td>']);
  });

  it('links to the monitor of each server', () => {
    const links = ({ body }: { body: unknown }) => [...String(body).matchAll(/href="(.*?)"/g)].map(([, link]) => link);

    expect(links(monitorPage(facts))).toEqual([
      'https://localhost:2000/monitor',
      'https://h.example/2000/monitor',
      'https://gone:2000/monitor',
      'https://new:2000/monitor',
    ]);
    expect(links(monitorPage({ ...facts, ssl: false }))[0]).toBe('http://localhost:2000/monitor');
  });

  it('escapes names, and allows no script', () => {
    const hostile = { entry: '"><script>alert(1)<&', state: 'available', load: 1, reserved: 0 } as const;
    const { body, headers } = monitorPage({ ...facts, servers: [hostile] });

    expect(body).not.toContain('<script');
    expect(body).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;&amp;');
    expect(headers?.['Content-Security-Policy']).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+';/);
  });

  it('gives N/A as average where no load is known', () => {
    const { body } = monitorPage({ ...facts, servers: [], meanLoad: undefined });

    expect(rowsOf(String(body)).at(-1)).toEqual(['', 'Average', 'N/A', '']);
  });
});
