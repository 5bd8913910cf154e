import type { SimulationSession } from '../client/index.ts';
import { byId } from './elements.ts';
import { isEmbeddedEngine } from './embedded-engine.ts';
import type { PicturePanel } from './picture-panel.ts';
import { isWebotsViewReport, releaseOfScene, releaseOfWorld, webotsViewAddress } from './webots-view-address.ts';

/** Bytes of a world file in which its first line is looked for (our choice: `#VRML_SIM R2025a utf8` has 21). */
const HEADER_BYTES = 64;

/** Longest wait for them, in ms (our choice). */
const HEADER_TIMEOUT = 10_000;

/** Longest wait for the other viewer to show the scene, in ms (our choice: it loads some megabytes first). */
const SHOW_TIMEOUT = 60_000;

const OFFER = 'Show in Cyberbotics’ viewer';
const BACK = 'Show in this page’s viewer';

/** Shows a simulation of a real Webots in Cyberbotics' own viewer, which is fetched when somebody asks for it. */
export class WebotsViewSwitch {
  readonly #button = byId('webots-view-switch', HTMLButtonElement);
  readonly #note = byId('webots-view-note', HTMLElement);
  readonly #host = byId('picture', HTMLElement);
  readonly #picture: PicturePanel;
  #session: SimulationSession | undefined;
  #release: string | undefined;
  #frame: HTMLIFrameElement | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(picture: PicturePanel) {
    this.#picture = picture;
    this.#button.addEventListener('click', () => (this.#frame === undefined ? this.#show() : this.#leave('')));
    addEventListener('message', ({ source, data }) => {
      if (this.#frame === undefined || source !== this.#frame.contentWindow || !isWebotsViewReport(data)) return;
      if (data.kind === 'shown') this.#shown();
      else this.#leave(failure(data.text));
    });
  }

  /** Offers the other viewer while `session` streams a scene of Webots. */
  follow(session: SimulationSession): void {
    this.#session = session;
    this.#release = undefined;
    let isEmbedded = false;
    let world = '';
    const offer = (release: string | undefined) => {
      if (this.#session !== session) return;
      this.#release = release;
      this.#button.hidden = release === undefined || isEmbedded || session.stage !== 'streaming';
    };
    session.on('console', (line) => {
      isEmbedded ||= isEmbeddedEngine(line);
      if (isEmbedded) offer(undefined);
    });
    session.on('world', ({ current }) => {
      world = current;
    });
    session.on('scene', ({ xml }) => {
      this.#release = releaseOfScene(xml);
    });
    session.on('stage', ({ stage }) => {
      if (stage !== 'streaming' || isEmbedded) return;
      if (this.#release !== undefined) offer(this.#release);
      else void readRelease(`${session.assetsUrl ?? ''}${encodeURI(world)}`).then(offer);
    });
    void session.ended.then(() => {
      this.#session = undefined;
      this.#leave('');
      this.#button.hidden = true;
    });
  }

  #show(): void {
    const { streamUrl } = this.#session ?? {};
    if (this.#release === undefined || streamUrl === undefined) return;
    const frame = document.createElement('iframe');
    // What comes from elsewhere reaches nothing of this page, nor what its server keeps in the browser.
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.title = 'The simulation in Cyberbotics’ viewer';
    frame.referrerPolicy = 'no-referrer';
    frame.className = 'webots-view';
    frame.src = webotsViewAddress(this.#release, streamUrl);
    this.#frame = frame;
    this.#picture.setDrawing(false);
    this.#host.append(frame);
    this.#button.textContent = BACK;
    this.#button.setAttribute('aria-pressed', 'true');
    this.#say(`Loading the viewer of ${this.#release} from cyberbotics.com…`);
    this.#timer = setTimeout(
      () => this.#leave(failure(`it showed nothing within ${SHOW_TIMEOUT / 1000} s`)),
      SHOW_TIMEOUT,
    );
  }

  #shown(): void {
    clearTimeout(this.#timer);
    this.#say(
      `This picture is drawn by the viewer of ${this.#release}, which comes from cyberbotics.com. The buttons below steer it.`,
    );
    // Every viewer pauses the engine when it gets the scene, and nobody else is told.
    if (this.#session?.state === 'real-time') this.#session.play();
    if (this.#session?.state === 'fast') this.#session.run();
  }

  #leave(text: string): void {
    clearTimeout(this.#timer);
    this.#say(text);
    if (this.#frame === undefined) return;
    this.#frame.remove();
    this.#frame = undefined;
    this.#button.textContent = OFFER;
    this.#button.setAttribute('aria-pressed', 'false');
    this.#picture.setDrawing(true);
  }

  #say(text: string): void {
    this.#note.textContent = text;
    this.#note.hidden = text === '';
  }
}

const failure = (why: string): string =>
  `Cyberbotics’ viewer cannot be shown: ${why}. See that this computer reaches cyberbotics.com. This page’s viewer goes on.`;

/** The release that a world file names; `undefined` for what cannot be read, which is no more than an offer less. */
async function readRelease(address: string): Promise<string | undefined> {
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(HEADER_TIMEOUT)]);
  try {
    const response = await fetch(address, { credentials: 'omit', signal });
    const chunk = response.ok ? await response.body?.getReader().read() : undefined;
    return releaseOfWorld(new TextDecoder().decode(chunk?.value?.slice(0, HEADER_BYTES)));
  } catch {
    return undefined;
  } finally {
    controller.abort();
  }
}
