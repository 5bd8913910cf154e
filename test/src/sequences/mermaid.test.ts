import { describe, expect, it } from 'vitest';
import { toMermaid } from '../../../src/sequences/mermaid.ts';
import { type Happening, Tape } from '../../../src/sequences/tape.ts';

function drawingOf(happenings: readonly Happening[]): string[] {
  const tape = new Tape();
  for (const happening of happenings) tape.tell(happening);
  return toMermaid({ name: 'test', title: 'Test', description: '', steps: tape.recorded })
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

describe('a sequence diagram', () => {
  it('names those who take part from left to right, and draws each kind of arrow', () => {
    expect(
      drawingOf([
        { from: 'engine', to: 'simulation', text: '.', kind: 'answer' },
        { from: 'simulation', text: 'ready' },
        { from: 'client', to: 'simulation', text: 'gone', kind: 'break' },
      ]),
    ).toEqual([
      'sequenceDiagram',
      'accTitle: Test',
      'participant client as web client',
      'participant simulation as simulation server',
      'participant engine as engine',
      'engine-->>simulation: .',
      'Note over simulation: ready',
      'client-xsimulation: gone',
    ]);
  });

  it('draws the life of who began before it from its beginning on', () => {
    const lines = drawingOf([{ from: 'engine', to: 'simulation', text: 'exit', ends: 'engine' }]);

    expect(lines.slice(-3)).toEqual(['activate engine', 'engine->>simulation: exit', 'deactivate engine']);
  });

  it('breaks long texts after spaces and slashes', () => {
    const url = 'https://example.org/a/long/path/to/a/world/of/many/folders/w.wbt';

    expect(drawingOf([{ from: 'client', text: `start ${url}` }]).at(-1)).toBe(
      'Note over client: start https://example.org/a/long/path/to/a/<br/>world/of/many/folders/w.wbt',
    );
  });

  it('counts a series, and escapes what Mermaid would take for its own', () => {
    const message: Happening = { from: 'client', to: 'engine', text: 'a;b#<c>&', series: 'x' };

    expect(drawingOf([message, message]).at(-1)).toBe('client->>engine: a#59;b#35;#60;c#62;#38;, several times');
  });
});
