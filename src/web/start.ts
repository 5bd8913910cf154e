import { connect, EXAMPLE_WORLD, type SimulationSession } from '../client/index.ts';
import { showAvailability } from './availability-light.ts';
import { ConsoleLog } from './console-log.ts';
import { byId } from './elements.ts';
import { MessageLog } from './message-log.ts';
import { Outcome } from './outcome.ts';
import { offerLink, offerThemes } from './page-options.ts';
import { PicturePanel } from './picture-panel.ts';
import { RobotWindows } from './robot-windows.ts';
import { listenForShortcuts } from './shortcut-keys.ts';
import { SimulationPanel } from './simulation-panel.ts';
import { StepList } from './step-list.ts';
import { WebotsViewSwitch } from './webots-view-switch.ts';
import { WorldField } from './world-field.ts';

/** The session server that gave this page; a proxy may have put it below a path. */
const SESSION_SERVER = new URL('.', document.baseURI).href;

byId('scripts-missing', HTMLElement).remove();

const form = byId('start-form', HTMLFormElement);
const start = byId('start', HTMLButtonElement);
const mode = byId('mode', HTMLSelectElement);
const world = new WorldField();
const log = new MessageLog();
const consoleLog = new ConsoleLog();
const outcome = new Outcome();
const panel = new SimulationPanel();
const steps = new StepList();
const windows = new RobotWindows();
let running: SimulationSession | undefined;
const picture = new PicturePanel((text) => consoleLog.add({ stream: 'stderr', text }));
const webotsView = new WebotsViewSwitch(picture);

world.value = new URLSearchParams(location.search).get('url') ?? EXAMPLE_WORLD;
byId('use-example', HTMLButtonElement).addEventListener('click', () => {
  world.value = EXAMPLE_WORLD;
  world.focus();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running === undefined) run(world.value);
});
listenForShortcuts(panel, picture, () => running !== undefined);
addEventListener('pagehide', () => void running?.leave());
offerThemes();
offerLink(() => linkTo(world.value).href);
showAvailability(SESSION_SERVER);

function run(url: string): void {
  // So that the address of the page is a link to this world.
  history.replaceState(null, '', linkTo(url));
  world.remember(url);
  outcome.hide();
  log.clear();
  consoleLog.clear();
  start.disabled = true;
  document.body.dataset.session = '';
  const wanted = mode.value === 'mjpeg' ? 'mjpeg' : 'w3d';
  const session = connect({ session: SESSION_SERVER, world: url, mode: wanted, size: picture.size });
  running = session;
  let wasStreaming = false;
  session.on('message', (message) => log.addMessage(message));
  session.on('console', (line) => consoleLog.add(line));
  session.on('stage', ({ stage, detail, elapsed }) => {
    wasStreaming ||= stage === 'streaming';
    log.addNote(elapsed, `${stage}: ${detail}`);
  });
  panel.follow(session, url);
  steps.follow(session);
  picture.follow(session, wanted);
  windows.follow(session);
  if (wanted === 'w3d') webotsView.follow(session);
  void session.ended.then((end) => {
    running = undefined;
    start.disabled = false;
    delete document.body.dataset.session;
    outcome.show(end, wasStreaming);
    start.focus();
  });
}

function linkTo(url: string): URL {
  const address = new URL(location.href);
  address.searchParams.set('url', url);
  return address;
}
