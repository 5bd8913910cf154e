import type { Entry, EventEntry } from '../../inspection/recording.ts';
import { byId } from '../elements.ts';
import { ActorPanel } from './actor-panel.ts';
import { ActorTree } from './actor-tree.ts';
import { type Filter, lastEntries } from './entry-filter.ts';
import { EventLog, MOST_LINES } from './event-log.ts';
import { followRecording } from './feed.ts';
import { seconds } from './names.ts';
import { RecordingWindow } from './recording-window.ts';
import { MOST_MESSAGES, SequenceView } from './sequence-view.ts';

const live = byId('live', HTMLElement);
const banner = byId('banner', HTMLElement);
const turn = byId('turn', HTMLFormElement);
const turnButton = byId('turn-button', HTMLButtonElement);
const pauseButton = byId('pause', HTMLButtonElement);
const earlier = byId('earlier', HTMLButtonElement);
const later = byId('later', HTMLButtonElement);
const position = byId('position', HTMLInputElement);
const moment = byId('moment', HTMLElement);
const exportLink = byId('export', HTMLElement);
const filterField = byId('filter', HTMLInputElement);
const onlyChosen = byId('only-chosen', HTMLInputElement);

const recording = new RecordingWindow();
const tree = new ActorTree(byId('tree', HTMLElement), choose);
const panel = new ActorPanel();
const log = new EventLog(byId('log', HTMLElement), jump);
const sequence = new SequenceView(byId('sequence', HTMLElement));

// What scrolls must be reached without a mouse.
for (const [id, label] of [
  ['tree', 'Tree of actors'],
  ['chart', 'Statechart'],
  ['context', 'Context'],
  ['log-frame', 'Events, the latest first'],
  ['sequence', 'Messages between actors'],
] as const) {
  const region = byId(id, HTMLElement);
  region.role = 'region';
  region.ariaLabel = label;
  region.tabIndex = 0;
}

/** Number of the entry after which the page shows everything; undefined for the last one there is. */
let pausedAt: number | undefined;
let chosen: string | undefined;
/** Name of the actor that the address asks for. */
let wanted = nameInAddress();
let now = 0;
let isDue = false;

/** Empty where none is asked for, or in no spelling that an address may have. */
function nameInAddress(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

function choose(id: string): void {
  chosen = id;
  wanted = '';
  draw();
}

function jump(n: number | undefined): void {
  pausedAt = n === undefined ? undefined : Math.min(Math.max(n, recording.first - 1), recording.last);
  draw();
}

/** To the entry before or after, of those that the filter lets pass. */
function step(direction: -1 | 1): void {
  const at = pausedAt ?? recording.last;
  const actors = recording.actorsAt(recording.last);
  const entries = lastEntries(recording, recording.last, actors, filter(), Number.POSITIVE_INFINITY);
  const next = direction < 0 ? entries.find(({ n }) => n < at) : entries.findLast(({ n }) => n > at);
  if (next) jump(next.n);
}

function filter(): Filter {
  return { text: filterField.value.trim().toLowerCase(), within: onlyChosen.checked ? chosen : undefined };
}

/** Draws once, however much came meanwhile. */
function draw(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawNow();
  });
}

function drawNow(): void {
  const n = pausedAt ?? recording.last;
  const actors = recording.actorsAt(n);
  if (wanted !== '') chosen = [...actors.values()].find(({ actor }) => actor.name === wanted)?.actor.id ?? chosen;
  const time = pausedAt === undefined ? now : recording.timeAt(n);
  tree.show(actors, chosen);
  panel.show(chosen === undefined ? undefined : actors.get(chosen), time);
  log.show(lastEntries(recording, n, actors, filter(), MOST_LINES), actors);
  sequence.show(
    lastEntries(recording, n, actors, filter(), MOST_MESSAGES, isMessage).reverse() as EventEntry[],
    actors,
  );

  const hasEntries = recording.last > 0;
  for (const control of [pauseButton, earlier, later, position]) control.disabled = !hasEntries;
  exportLink.hidden = !hasEntries;
  pauseButton.textContent = pausedAt === undefined ? 'Pause' : 'Go to the end';
  pauseButton.setAttribute('aria-pressed', String(pausedAt !== undefined));
  position.max = String(recording.entries.length);
  position.value = String(recording.indexAfter(n));
  moment.textContent = hasEntries ? `${seconds(time)}, entry ${n} of ${recording.last}` : '';
  position.setAttribute('aria-valuetext', moment.textContent);
}

function isMessage(entry: Entry): boolean {
  return entry.type === 'event' && entry.from !== undefined && entry.from !== entry.to;
}

pauseButton.addEventListener('click', () => jump(pausedAt === undefined ? recording.last : undefined));
earlier.addEventListener('click', () => step(-1));
later.addEventListener('click', () => step(1));
position.addEventListener('input', () => jump(recording.numberAt(Number(position.value))));
filterField.addEventListener('input', draw);
onlyChosen.addEventListener('change', draw);
addEventListener('hashchange', () => {
  wanted = nameInAddress();
  draw();
});

void followRecording(
  () => recording,
  (part) => {
    banner.hidden = true;
    if (part.isAnew && recording.startedOn !== part.startedOn) {
      pausedAt = undefined;
      chosen = undefined;
      // Numbers and ids begin anew.
      for (const view of [tree, log, sequence]) view.clear();
    }
    recording.add(part);
    now = part.now;
    if (pausedAt !== undefined) pausedAt = Math.max(pausedAt, recording.first - 1);
    turn.hidden = part.isFile;
    turn.action = part.isOn ? 'inspect/off' : 'inspect/on';
    turnButton.textContent = part.isOn ? 'Stop recording' : 'Start recording';
    live.textContent = stateOf(part);
    draw();
  },
  (reason) => {
    live.textContent = 'Not live';
    banner.textContent = `The connection to the server is lost (${reason}); trying again…`;
    banner.hidden = false;
  },
);

function stateOf({ isOn, isFile, startedOn }: { isOn: boolean; isFile: boolean; startedOn: string }): string {
  const start = `${startedOn.slice(0, 10)} ${startedOn.slice(11, 19)} UTC`;
  if (isFile) return `From a file, recorded on ${start}`;
  if (isOn) return `Recording since ${start}`;
  return recording.last === 0 ? 'Nothing is recorded' : `Not recording; the last recording began on ${start}`;
}
