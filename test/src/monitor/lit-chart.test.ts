import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { chartLabel, innermostStates, type Lit, litChart } from '../../../src/monitor/lit-chart.ts';
import { statesOf } from '../../../src/statecharts/chart.ts';
import { SHOWN_MACHINES } from '../../../src/statecharts/machines.ts';

const drawingOf = (file: string) =>
  readFileSync(new URL(`../../../visualizations/${file}.svg`, import.meta.url), 'utf8');

const NOTHING: Lit = { active: [], visited: [] };

/** Path and light of each state that is lit, in the order of the drawing. */
const lightsIn = (markup: string) =>
  Object.fromEntries(
    [...markup.matchAll(/data-state="([^"]*)" data-light="([^"]*)"/g)].map(([, path, light]) => [path, light]),
  );

describe('litChart', () => {
  it('lights the states that hold and those around them, and marks those that held before', () => {
    const lit = {
      active: ['alive.ready.simulation.running', 'alive.ready.heartbeat.responsive'],
      visited: ['alive.launched.starting', 'alive.ready.simulation.paused', 'alive.ready.simulation.running'],
    };

    expect(lightsIn(litChart(drawingOf('webots-process'), lit))).toEqual({
      alive: 'active',
      'alive.launched': 'visited',
      'alive.launched.starting': 'visited',
      'alive.ready': 'active',
      'alive.ready.heartbeat': 'active',
      'alive.ready.heartbeat.responsive': 'active',
      'alive.ready.simulation': 'active',
      'alive.ready.simulation.paused': 'visited',
      'alive.ready.simulation.running': 'active',
    });
  });

  it('lights no state whose name only begins as that of another', () => {
    const svg =
      '<svg width="1pt"><g id="state_ready" class="state"></g><g id="state_readyToGo" class="state"></g></svg>';

    expect(lightsIn(litChart(svg, { active: ['readyToGo'], visited: [] }))).toEqual({ readyToGo: 'active' });
  });

  it.each(SHOWN_MACHINES.map(({ file, chart }) => [file, chart] as const))(
    'keeps every state of %s, and nothing that a strict policy refuses or that a second drawing would have as well',
    (file, { id, root }) => {
      const markup = litChart(drawingOf(file), NOTHING);
      const states = statesOf(root).filter(({ path }) => path !== '');

      expect([...markup.matchAll(/data-state="([^"]*)"/g)].map(([, path]) => path).sort()).toEqual(
        states.map(({ path }) => path).sort(),
      );
      expect(markup).toMatch(
        new RegExp(`^<svg class="chart" aria-label="Statechart of ${id}, not started" role="img"`),
      );
      expect(markup).not.toMatch(/<style| style=| id="|xlink:title|<a[ >]|<script/);
      expect(markup.match(/<g\b/g)?.length).toBe(markup.match(/<\/g>/g)?.length);
      for (const { description } of states) expect(markup).toContain(`<title>${escaped(description)}</title>`);
    },
  );
});

describe('chartLabel', () => {
  it('says where the machine is', () => {
    expect(chartLabel('webotsProcess', { active: ['alive.a', 'alive.b'], visited: [] })).toBe(
      'Statechart of webotsProcess, now in alive.a and alive.b',
    );
  });
});

describe('innermostStates', () => {
  it('finds the states of a value that XState gives, one of each parallel part', () => {
    const part = { initial: 'one', states: { one: {}, two: {} } };
    const machine = createMachine({
      initial: 'outer',
      states: { outer: { type: 'parallel', states: { left: part, right: { ...part, initial: 'two' }, bare: {} } } },
    });

    const { value } = createActor(machine).start().getSnapshot();

    expect(innermostStates(value)).toEqual(['outer.left.one', 'outer.right.two', 'outer.bare']);
    expect(innermostStates('gone')).toEqual(['gone']);
  });
});

/** As Graphviz writes texts. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&#39;')
    .replaceAll('-', '&#45;');
}
