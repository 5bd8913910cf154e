import { isRelease, type WebotsViewReport } from './webots-view-address.ts';

/** Where Cyberbotics keeps its viewer, a folder for each release. */
const FOLDER = 'https://cyberbotics.com/wwi';

/** The first release whose viewer asks for the scene by `w3d`; the ones before say `x3d`. */
const FIRST_W3D = 'R2025a';

/** The part of the web component `webots-view` that is used here. */
interface WebotsView extends HTMLElement {
  onready?: () => void;
  connect(stream: string, mode: string, isBroadcast: boolean, isMobileDevice: boolean): void;
}

/** What the page around it offers already, or what needs an engine that listens to more than one client. */
const LEFT_OUT = {
  showIde: false,
  showPlay: false,
  showQuit: false,
  showReload: false,
  showReset: false,
  showRobotWindow: false,
  showRun: false,
  showStep: false,
  showTerminal: false,
  // Without a list of worlds, which a broadcast does not have, its toolbar would fail.
  showWorldSelection: false,
};

const { searchParams } = new URL(location.href);
const [release, stream] = ['release', 'stream'].map((name) => searchParams.get(name) ?? '') as [string, string];

// Its scripts load further scripts, whose failures it does not hear of.
addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLScriptElement) tell({ kind: 'failed', text: `${target.src} could not be loaded` });
  },
  true,
);
if (isRelease(release) && /^wss?:\/\//.test(stream)) void show();
else tell({ kind: 'failed', text: 'its address names no release and stream' });

async function show(): Promise<void> {
  const script = `${FOLDER}/${release}/WebotsView.js`;
  try {
    await import(script);
    const view = document.createElement('webots-view') as WebotsView;
    Object.assign(view, LEFT_OUT);
    view.onready = () => tell({ kind: 'shown' });
    document.body.append(view);
    // Only a broadcast leaves the engine's time limit and the steering to others.
    view.connect(stream, release >= FIRST_W3D ? 'w3d' : 'x3d', true, matchMedia('(pointer: coarse)').matches);
  } catch (error) {
    console.warn(error);
    tell({ kind: 'failed', text: `${script} could not be loaded` });
  }
}

/** Only pages of the same server may have this page in a frame, see its policy. */
function tell(report: WebotsViewReport): void {
  parent.postMessage(report, '*');
}
