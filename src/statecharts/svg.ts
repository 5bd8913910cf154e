import { instance } from '@viz-js/viz';
import { escapeHtml } from '../../machines/client-message.ts';
import type { Chart } from './chart.ts';
import { toDot } from './dot.ts';

/** For light and dark pages; a drawing that is an image follows the reader's preference by itself. */
const STYLE = `
text { fill: #1f2328; stroke: none; font-family: Helvetica, Arial, sans-serif; font-size: 12px }
.edge text, .any text { font-size: 10.5px }
.state path, .state polygon, .any path { stroke: #57606a; fill: #f6f8fa }
.cluster path, .cluster polygon, .final path ~ path { fill: none }
.any path { fill: none }
.edge path { stroke: #57606a; fill: none }
.edge polygon, .start ellipse { stroke: #57606a; fill: #57606a }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .state path, .state polygon, .any path { stroke: #8b949e; fill: #161b22 }
  .cluster path, .cluster polygon, .final path ~ path, .any path { fill: none }
  .edge path { stroke: #8b949e }
  .edge polygon, .start ellipse { stroke: #8b949e; fill: #8b949e }
}
`;

/** A chart as a drawing; the box of each state has the id that `idOf` gives it. */
export async function toSvg(chart: Chart): Promise<string> {
  const svg = (await instance()).renderString(toDot(chart), { format: 'svg' });
  const title = `<title>Statechart of ${escapeHtml(chart.id)}</title>`;
  return svg
    .slice(svg.indexOf('<svg'))
    .replace('<svg ', '<svg role="img" ')
    .replace(/(<svg[^>]*>)/, (open) => `${open}\n${title}\n<style>${STYLE}</style>`)
    .replace(/<!--.*?-->\n?/gs, '');
}
