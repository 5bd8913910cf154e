/** The drawing of a machine within a page, with the states lit in which a machine is: on servers and in browsers. */
import { escapeHtml } from '../../machines/client-message.ts';

/** The value of a machine's snapshot, as XState has it. */
export type MachineValue = string | { readonly [state: string]: MachineValue | undefined };

/** Where a machine is and was: paths of states, e.g. `alive.launched.loading`; the states around them follow. */
export interface Lit {
  readonly active: readonly string[];
  readonly visited: readonly string[];
}

/** How a state is lit: it holds now, or it held before. */
export type Light = 'active' | 'visited';

/** Attribute of a state's box that has its path, and of one that is lit. */
export const STATE = 'data-state';
export const LIGHT = 'data-light';

/** Paths of the innermost states that hold; of each parallel part there is one. */
export function innermostStates(value: MachineValue): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = inner === undefined ? [] : innermostStates(inner);
    return below.length === 0 ? [key] : below.map((path) => `${key}.${path}`);
  });
}

export function lightOf(path: string, { active, visited }: Lit): Light | undefined {
  const isAround = (inner: string) => inner === path || inner.startsWith(`${path}.`);
  if (active.some(isAround)) return 'active';
  return visited.some(isAround) ? 'visited' : undefined;
}

/** What the drawing says to those who do not see it. */
export function chartLabel(machine: string, { active }: Lit): string {
  return `Statechart of ${machine}, ${active.length === 0 ? 'not started' : `now in ${active.join(' and ')}`}`;
}

/**
 * The drawing as markup for a page whose policy allows no styles within it:
 * how it looks is up to the page's style sheet, by the classes `chart`,
 * `state`, `any`, `edge`, `start`, `final` and `cluster`, and the attribute
 * `data-light`, `active` or `visited`, as `chart.css` does. It has no ids, so that a page may have several.
 *
 * @param svg one of `visualizations/`
 */
export function litChart(svg: string, lit: Lit): string {
  const machine = /<title>Statechart of ([^<]*)<\/title>/.exec(svg)?.[1] ?? '';
  return svg
    .replace(/<style>.*?<\/style>\s*/s, '')
    .replace(/<title>.*?<\/title>\s*/gs, '')
    .replace(/<a xlink:title="([^"]*)">/g, '<g><title>$1</title>')
    .replaceAll('</a>', '</g>')
    .replace(/ id="(?:state_([^"]*)|[^"]*)"/g, (_, id?: string) => (id === undefined ? '' : stateMarks(id, lit)))
    .replace(/ (width|height)="(\d+)pt"/g, ' $1="$2"')
    .replace('<svg ', `<svg class="chart" aria-label="${escapeHtml(chartLabel(machine, lit))}" `);
}

/** @param id what the drawing makes of a path: keys have no underscores */
function stateMarks(id: string, lit: Lit): string {
  const path = id.replaceAll('_', '.');
  const light = lightOf(path, lit);
  return ` ${STATE}="${path}"${light ? ` ${LIGHT}="${light}"` : ''}`;
}
