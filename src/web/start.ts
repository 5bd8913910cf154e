import { connect, EXAMPLE_WORLD, type SimulationSession } from '../client/index.ts';
import { showAvailability } from './availability-light.ts';
import { byId } from './elements.ts';
import { MessageLog } from './message-log.ts';
import { Outcome } from './outcome.ts';
import { SimulationPanel } from './simulation-panel.ts';

/** The session server that gave this page; a proxy may have put it below a path. */
const SESSION_SERVER = new URL('.', document.baseURI).href;

const form = byId('start-form', HTMLFormElement);
const world = byId('world', HTMLInputElement);
const start = byId('start', HTMLButtonElement);
const log = new MessageLog();
const outcome = new Outcome();
const panel = new SimulationPanel();
let running: SimulationSession | undefined;

world.value = new URLSearchParams(location.search).get('url') ?? EXAMPLE_WORLD;
byId('use-example', HTMLButtonElement).addEventListener('click', () => {
  world.value = EXAMPLE_WORLD;
  world.focus();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (running === undefined) run(world.value.trim());
});
addEventListener('pagehide', () => void running?.leave());
showAvailability(SESSION_SERVER);

function run(url: string): void {
  rememberInAddress(url);
  outcome.hide();
  log.clear();
  start.disabled = true;
  const session = connect({ session: SESSION_SERVER, world: url });
  running = session;
  let wasStreaming = false;
  session.on('message', (message) => log.addMessage(message));
  session.on('stage', ({ stage, detail, elapsed }) => {
    wasStreaming ||= stage === 'streaming';
    log.addNote(elapsed, `${stage}: ${detail}`);
  });
  panel.follow(session, url);
  void session.ended.then((end) => {
    running = undefined;
    start.disabled = false;
    outcome.show(end, wasStreaming);
    start.focus();
  });
}

/** So that the address of the page is a link to this world. */
function rememberInAddress(url: string): void {
  const address = new URL(location.href);
  address.searchParams.set('url', url);
  history.replaceState(null, '', address);
}
