import { describe, expect, it } from 'vitest';
import type { SessionLine, SimulationMonitorMessage } from '../../../src/monitor/messages.ts';
import { SESSIONS, simulationView } from '../../../src/monitor/simulation-view.ts';

const stranger: SessionLine = { number: 7, stage: 'connected.fetching', engine: null, startedAt: 40_000 };
const operator: SessionLine = {
  ...stranger,
  id: 'ab12',
  world: '<w>.wbt',
  endsAt: 400_000,
  port: 2001,
  client: '192.0.2.x',
  usage: { cpu: 151.26, memory: 327_155_712 },
};

const message: SimulationMonitorMessage = {
  isOperator: false,
  now: 100_000,
  time: '2025-03-04T06:07:08.000Z',
  intake: 'open',
  shortage: null,
  load: 12.34,
  samples: 0,
  sample: null,
  maxConnections: 10,
  seated: 1,
  seatedBefore: 0,
  queued: 0,
  sessions: [stranger],
  unlisted: 0,
};

const viewOf = (changes: Partial<SimulationMonitorMessage> = {}) => simulationView({ ...message, ...changes }, 100_000);
const textOf = (html = '') => html.replace(/<.*?>/g, '');

describe('simulationView', () => {
  it.each<[Partial<SimulationMonitorMessage>, string, string]>([
    [{}, 'good', 'Simulations can be started.'],
    [{ intake: 'stopping' }, 'bad', 'The server is being stopped; it takes no new simulations.'],
    [{ intake: 'drained' }, 'bad', 'The server is drained; it takes no new simulations.'],
    [{ shortage: 'diskFull' }, 'bad', 'No simulation can be started: diskFull.'],
    [{ seated: 10, load: 100 }, 'bad', 'The server is full: 10 simulations.'],
    [{ seated: 10, queued: 3 }, 'bad', 'The server is full: 10 simulations, 3 waiting.'],
    [{ load: 95 }, 'bad', 'The machine is overloaded: 95%, by 1 simulation and all else there.'],
    [{ load: 97, seated: 0 }, 'bad', 'The machine is overloaded: 97%, by other programs, as no simulation runs there.'],
    [{ sessions: [{ ...stranger, engine: 'alive.ready.heartbeat.unresponsive' }] }, 'bad', '1 engine not responding.'],
  ])('sums up %o', (changes, mark, text) => {
    expect(viewOf(changes).fields.summary).toBe(`<span data-mark="${mark}">${text}</span>`);
  });

  it('counts free places, and none while no client is taken', () => {
    const freeOf = (changes: Partial<SimulationMonitorMessage>) => viewOf(changes).fields.free;

    expect([{}, { seated: 11 }, { intake: 'drained' as const }, { shortage: 'diskFull' }].map(freeOf)).toEqual([
      '9',
      '0',
      '0',
      '0',
    ]);
  });

  it('tells strangers the stage and the age of a session', () => {
    const { fields, tables } = viewOf();

    expect(tables[SESSIONS]).toEqual([
      { key: '7', mark: 'plain', cells: ['7', '<span class="state">fetching</span>', '1 min 0 s'] },
    ]);
    expect(fields).not.toHaveProperty('intake');
  });

  it('tells operators more, escaped, and gives them orders', () => {
    const { fields, tables } = viewOf({ isOperator: true, sessions: [operator] });
    const cells = tables[SESSIONS]![0]!.cells;

    expect(cells.map(textOf)).toEqual([
      'Session 7',
      '&lt;w&gt;.wbt',
      'fetching',
      '151.3%',
      '312 MiB',
      '1 min 0 s',
      '5 min 0 s',
      '2001',
      '192.0.2.x',
      'End',
    ]);
    expect(cells.at(-1)).toContain('method="post" action="monitor/sessions/ab12/end"');
    expect(fields.intake).toContain('action="monitor/drain"');
    expect(viewOf({ isOperator: true, intake: 'drained' }).fields.intake).toContain('action="monitor/undrain"');
    expect(viewOf({ isOperator: true, intake: 'stopping' }).fields.intake).toBe('');
  });

  it('marks a session whose engine does not respond, and says how many are not listed', () => {
    const sessions = [{ ...stranger, engine: 'alive.ready.simulation.running, heartbeat.unresponsive' }];
    const { fields, tables } = viewOf({ sessions, unlisted: 3 });

    expect(tables[SESSIONS]![0]).toMatchObject({ mark: 'bad' });
    expect(fields.unlisted).toBe('3 more sessions not listed.');
  });
});
