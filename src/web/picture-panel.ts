import type { SimulationSession } from '../client/index.ts';
import { byId } from './elements.ts';
import type { Viewer } from './viewer/viewer.ts';

/** Least time between two updates of the time of a frame, in ms (our choice: what can be read). */
const READING_TIME = 500;

const NO_PICTURE =
  'This browser shows no 3D picture (WebGL is missing or switched off). Everything else on this page works.';

/** The picture of a session: the 3D viewer, which is fetched when it is needed, or the pictures that an engine draws. */
export class PicturePanel {
  readonly #host = byId('picture', HTMLElement);
  readonly #note = byId('picture-note', HTMLElement);
  readonly #frameTime = byId('frame-time', HTMLElement);
  readonly #resetViewpoint = byId('viewpoint', HTMLButtonElement);
  readonly #onNotice: (text: string) => void;
  #viewer: Viewer | undefined;
  #isDrawing = true;
  #told = 0;

  /** @param onNotice hears once of each thing that is not shown */
  constructor(onNotice: (text: string) => void) {
    this.#onNotice = onNotice;
    this.#resetViewpoint.addEventListener('click', () => this.resetViewpoint());
  }

  /** The pixels that a picture of the engine fills. */
  get size(): { readonly width: number; readonly height: number } {
    const { clientWidth, clientHeight } = this.#host;
    return { width: clientWidth || 800, height: clientHeight || 500 };
  }

  resetViewpoint(): void {
    this.#viewer?.resetViewpoint();
  }

  /** Draws, or leaves the place to something else that is shown there. */
  setDrawing(isDrawing: boolean): void {
    this.#isDrawing = isDrawing;
    this.#viewer?.setDrawing(isDrawing);
    this.#frameTime.textContent = '–';
    this.#resetViewpoint.disabled = !isDrawing;
  }

  /** Shows `session` until it ends. */
  follow(session: SimulationSession, mode: 'w3d' | 'mjpeg'): void {
    this.#say('The picture appears when the world is there.');
    this.#frameTime.textContent = '–';
    this.#resetViewpoint.disabled = mode === 'mjpeg';
    if (mode === 'mjpeg') this.#showPictures(session);
    else this.#showScene(session);
  }

  #showPictures(session: SimulationSession): void {
    const image = document.createElement('img');
    image.alt = 'The simulation, as the engine draws it';
    session.on('multimedia', () => {
      image.src = `${session.assetsUrl ?? ''}mjpeg`;
      this.#say('');
      this.#host.prepend(image);
    });
    void session.ended.then(() => {
      // Without an address the browser lets go of the connection.
      image.removeAttribute('src');
      image.remove();
    });
  }

  #showScene(session: SimulationSession): void {
    let isOver = false;
    let viewer: Promise<Viewer | undefined> | undefined;
    // What comes while the viewer is being fetched is done in its order afterwards.
    const show = (act: (viewer: Viewer) => void) => {
      void viewer?.then((ready) => {
        if (ready !== undefined && !isOver) act(ready);
      });
    };
    session.on('stage', ({ stage }) => {
      if (stage === 'loading') viewer ??= this.#open(session, () => isOver);
    });
    session.on('world', ({ current }) => show((ready) => ready.setWorld(current)));
    session.on('scene', ({ xml }) =>
      show((ready) => {
        ready.load(xml);
        this.#say('');
      }),
    );
    session.on('frame', (frame) => show((ready) => ready.frame(frame)));
    session.on('state', ({ state }) => show((ready) => ready.setRunning(state !== 'pause')));
    session.on('reset', () => show((ready) => ready.reset()));
    session.on('nodeAdded', ({ parent, xml }) => show((ready) => ready.add(xml, parent)));
    session.on('nodeDeleted', ({ id }) => show((ready) => ready.delete(id)));
    session.on('visibility', ({ id, visible }) => show((ready) => ready.show(id, visible)));
    session.on('worldDeleted', () => show((ready) => ready.clear()));
    void session.ended.then(() => {
      isOver = true;
      this.#viewer?.dispose();
      this.#viewer = undefined;
    });
  }

  async #open(session: SimulationSession, isOver: () => boolean): Promise<Viewer | undefined> {
    try {
      const { Viewer } = await import('./viewer/viewer.ts');
      if (isOver()) return undefined;
      this.#viewer = new Viewer({
        host: this.#host,
        assets: session.assetsUrl ?? '',
        onNotice: this.#onNotice,
        onDrawn: this.#tellFrameTime,
      });
      // Something else may have taken its place while it was being fetched.
      if (!this.#isDrawing) this.#viewer.setDrawing(false);
      return this.#viewer;
    } catch (error) {
      this.#say(NO_PICTURE);
      this.#onNotice(`No 3D picture: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  readonly #tellFrameTime = (median: number | undefined): void => {
    const now = performance.now();
    if (median === undefined || now - this.#told < READING_TIME) return;
    this.#told = now;
    this.#frameTime.textContent = `${median.toFixed(1)} ms`;
  };

  #say(text: string): void {
    this.#note.textContent = text;
    this.#note.hidden = text === '';
  }
}
