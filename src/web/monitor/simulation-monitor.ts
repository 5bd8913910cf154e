import type { LoadSample } from '../../../machines/load-sample.ts';
import type { LoadHistory, SimulationMonitorMessage } from '../../monitor/messages.ts';
import {
  MEMBERSHIP_COLUMNS,
  MEMBERSHIPS,
  OPERATOR_COLUMNS,
  SESSIONS,
  STRANGER_COLUMNS,
  simulationView,
} from '../../monitor/simulation-view.ts';
import { byId } from '../elements.ts';
import { createCharts } from './charts.ts';
import { showLive } from './live-page.ts';
import { CHART_SECONDS } from './series.ts';

byId('static-chart', HTMLElement).hidden = true;
const charts = createCharts(byId('charts', HTMLElement));
// The form is there for operators only.
const isOperator = document.getElementById('intake') !== null;
let samples = 0;
let history: LoadSample[] = [];
let isAsking = false;

showLive<SimulationMonitorMessage>('monitor/events', {
  columns: { [SESSIONS]: isOperator ? OPERATOR_COLUMNS : STRANGER_COLUMNS, [MEMBERSHIPS]: MEMBERSHIP_COLUMNS },
  view: simulationView,
  heard(message) {
    if (message.samples === samples) return;
    if (message.samples === samples + 1 && message.sample) {
      samples++;
      history = [...history, message.sample].slice(-CHART_SECONDS);
      charts.draw(history);
    } else {
      // The first message, or the first one after a while.
      void ask();
    }
  },
});

async function ask(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  try {
    const response = await fetch('monitor/history');
    if (!response.ok) return;
    const answer = (await response.json()) as LoadHistory;
    samples = answer.samples;
    history = [...answer.history];
    charts.draw(history);
  } catch {
    // The stream will be broken as well, and says so; the next message asks again.
  } finally {
    isAsking = false;
  }
}
