import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunControl, type RunOrder } from '../../../src/client/run-control.ts';

const REAL_TIME = { kind: 'running', state: 'real-time' } as const;
const PAUSED = { kind: 'paused', time: 0 } as const;
const PAUSED_BY_CLIENT = { kind: 'pausedByClient' } as const;

describe('RunControl', () => {
  it('takes the answer to an order as that', () => {
    const control = new RunControl(-1);

    expect(control.order('real-time')).toBe('real-time:-1');
    expect(control.hear(REAL_TIME)).toEqual([]);
    expect(control.state).toBe('real-time');
  });

  it('echoes what others began, and takes the answer to the echo as that', () => {
    const control = new RunControl(-1);
    control.hear(PAUSED);

    expect(control.hear(REAL_TIME)).toEqual(['real-time:-1']);
    expect(control.hear(REAL_TIME)).toEqual([]);
  });

  it('echoes a pause only where it believed the simulation to run', () => {
    const control = new RunControl(-1);

    expect(control.hear(PAUSED)).toEqual([]);
    control.order('fast');
    control.hear({ kind: 'running', state: 'fast' });
    expect(control.hear(PAUSED)).toEqual(['pause']);
    expect(control.hear(PAUSED_BY_CLIENT)).toEqual([]);
    expect(control.state).toBe('pause');
  });

  it('does not undo an order that is under way', () => {
    const control = new RunControl(-1);
    control.order('real-time');
    control.order('pause');

    expect(control.hear(REAL_TIME)).toEqual([]);
    expect(control.hear(PAUSED)).toEqual([]);
    expect(control.hear(PAUSED_BY_CLIENT)).toEqual([]);
    expect(control.state).toBe('pause');
  });

  it('arms the limit anew whenever the simulation begins to run', () => {
    const control = new RunControl(300_000);

    expect(control.order('real-time')).toBe('real-time:300000');
    expect(control.hear(REAL_TIME)).toEqual(['timeout:300000']);
  });

  it('comes to rest with an engine that answers everything, whatever both did before', () => {
    const orders = fc.array(
      fc.constantFrom<RunOrder | 'gui pause' | 'gui real-time'>(
        'pause',
        'real-time',
        'fast',
        'step',
        'gui pause',
        'gui real-time',
      ),
    );
    fc.assert(
      fc.property(orders, fc.integer({ min: 1, max: 4 }), (acts, burst) => {
        const control = new RunControl(-1);
        const toEngine: string[] = [];
        const toClient: Parameters<RunControl['hear']>[0][] = [];
        let engineState = 'pause';
        const settle = () => {
          for (let round = 0; toEngine.length + toClient.length > 0; round += 1) {
            expect(round).toBeLessThan(200);
            const [command] = (toEngine.shift() ?? '').split(':');
            if (command === 'pause' || command === 'step') toClient.push(PAUSED_BY_CLIENT);
            if (command === 'real-time' || command === 'fast') toClient.push({ kind: 'running', state: command });
            if (command) engineState = command === 'step' ? 'pause' : command;
            const told = toClient.shift();
            if (told) toEngine.push(...control.hear(told));
          }
        };
        for (const [index, act] of acts.entries()) {
          if (act.startsWith('gui ')) {
            engineState = act.slice(4);
            toClient.push(act === 'gui pause' ? PAUSED : REAL_TIME);
          } else toEngine.push(control.order(act as RunOrder));
          if (index % burst === 0) settle();
        }
        settle();

        expect(control.state ?? 'pause').toBe(engineState);
      }),
    );
  });
});
