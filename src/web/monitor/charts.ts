import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { LoadSample } from '../../../machines/load-sample.ts';
import { CHART_SECONDS, CHARTS, type ChartPlan, chartData } from './series.ts';

/** Height of a chart in pixels, without its legend. */
const HEIGHT = 220;

/** Seconds in a minute: the time axis counts minutes. */
const MINUTE = 60;

/** Seconds between two marks on the time axis. */
const TIME_STEPS = [1, 5, 10, MINUTE, 2 * MINUTE, 5 * MINUTE];

/** Decimal places in the legend. */
const DIGITS = 1;

interface Chart {
  draw(history: readonly LoadSample[]): void;
}

/** Draws the charts into `place`; a click in the legend hides a line, dragging zooms, a double click shows all again. */
export function createCharts(place: HTMLElement): Chart {
  const charts = CHARTS.map((plan) => createChart(place, plan));
  return {
    draw(history) {
      for (const chart of charts) chart.draw(history);
    },
  };
}

function createChart(place: HTMLElement, plan: ChartPlan): Chart {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = plan.title;
  figure.append(caption);
  place.append(figure);
  let isZoomed = false;

  const axis = { stroke: () => colour('--faint'), grid: { stroke: () => colour('--line'), width: 1 } };
  const chart = new uPlot(
    {
      width: widthOf(figure),
      height: HEIGHT,
      scales: { x: { time: false }, y: { range: (_, _least, most) => [0, plan.most ?? Math.max(1, most)] } },
      axes: [
        { ...axis, incrs: TIME_STEPS, values: (_, ticks) => ticks.map(minutes) },
        { ...axis, values: (_, ticks) => ticks.map((tick) => `${tick}${plan.unit}`) },
      ],
      series: [
        { label: 'Time', value: (_, seconds) => (seconds === null ? '–' : `${seconds} s`) },
        ...plan.series.map(({ label }, index) => ({
          label,
          stroke: () => colour(`--series-${index + 1}`),
          width: index === 0 ? 2 : 1,
          points: { show: false },
          value: (_: uPlot, value: number | null) => (value === null ? '–' : `${value.toFixed(DIGITS)}${plan.unit}`),
        })),
      ],
      hooks: {
        setScale: [
          (plot, key) => {
            const { min = null, max = null } = plot.scales.x ?? {};
            if (key === 'x') isZoomed = min !== null && max !== null && max - min < CHART_SECONDS - 1;
          },
        ],
      },
    },
    chartData(plan, []),
    figure,
  );
  new ResizeObserver(() => chart.setSize({ width: widthOf(figure), height: HEIGHT })).observe(figure);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw(false, true));
  makeLegendReachable(chart);

  return {
    draw(history) {
      // Who has zoomed in keeps looking at the same minutes before now.
      chart.setData(chartData(plan, history), !isZoomed);
      if (isZoomed) chart.redraw(true, true);
    },
  };
}

/** Legend entries are clickable; this makes them so for the keyboard, too. */
function makeLegendReachable(chart: uPlot): void {
  const labels = chart.root.querySelectorAll<HTMLElement>('.u-legend .u-series:not(:first-child) th');
  for (const label of labels) {
    label.tabIndex = 0;
    label.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      label.click();
    });
  }
}

function minutes(seconds: number): string {
  if (seconds === 0) return 'now';
  return seconds % MINUTE === 0 ? `${seconds / MINUTE} min` : `${seconds} s`;
}

function widthOf(element: HTMLElement): number {
  return Math.max(1, element.clientWidth);
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}
