import { placeInWords, type RunState, type SimulationSession, type Stage } from '../client/index.ts';
import { byId } from './elements.ts';
import { isEmbeddedEngine } from './embedded-engine.ts';
import { simulatedTime } from './simulated-time.ts';
import { SpeedFactor } from './speed-factor.ts';

const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  choosing: 'Looking for a simulation server…',
  connecting: 'Connecting to the simulation server…',
  starting: 'The simulation server fetches the project and starts the engine…',
  opening: 'Connecting to the engine…',
  loading: 'The engine sends the world…',
  streaming: 'The simulation is ready.',
  leaving: 'Leaving…',
  ended: 'Ended.',
};

const STATE_WORDS: Readonly<Record<RunState, string>> = {
  pause: 'Paused',
  'real-time': 'Running in real time',
  fast: 'Running as fast as possible',
};

/** Seconds before the server's time limit at which the page warns; public clients warn at the same moment. */
const WARNING_LEAD = 300;

/** The part of the page about one running session: where it is, how it runs, and the buttons that steer it. */
export class SimulationPanel {
  readonly #panel = byId('simulation', HTMLElement);
  readonly #title = byId('simulation-title', HTMLElement);
  readonly #world = byId('simulation-world', HTMLElement);
  readonly #stage = byId('stage', HTMLElement);
  readonly #trouble = byId('trouble', HTMLElement);
  readonly #time = byId('time', HTMLElement);
  readonly #speed = byId('speed', HTMLElement);
  readonly #state = byId('state', HTMLElement);
  readonly #engine = byId('engine', HTMLElement);
  readonly #timeLimit = byId('time-limit', HTMLElement);
  readonly #worldsLabel = byId('worlds-label', HTMLElement);
  readonly #worlds = byId('worlds', HTMLSelectElement);
  readonly #leave = byId('leave', HTMLButtonElement);
  readonly #runButtons: Readonly<Record<RunState, HTMLButtonElement>> = {
    'real-time': byId('play', HTMLButtonElement),
    fast: byId('run', HTMLButtonElement),
    pause: byId('pause', HTMLButtonElement),
  };
  readonly #commands = byId('commands', HTMLFieldSetElement);
  readonly #factor = new SpeedFactor();
  #session: SimulationSession | undefined;
  /** When the server closes the simulation, in ms of `performance.now()`. */
  #limit = Infinity;
  #warning: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#onClick('play', (session) => session.play());
    this.#onClick('run', (session) => session.run());
    this.#onClick('pause', (session) => session.pause());
    this.#onClick('step', (session) => session.step());
    this.#onClick('reset', (session) => session.reset());
    this.#leave.addEventListener('click', () => void this.#session?.leave());
    this.#worlds.addEventListener('change', () => this.#command((session) => session.load(this.#worlds.value)));
  }

  /** Does what its button does, where that can be pressed. */
  press(shortcut: 'toggle' | 'step' | 'reset'): void {
    if (this.#commands.disabled) return;
    this.#command((session) => {
      if (shortcut !== 'toggle') session[shortcut]();
      else if (session.state === 'pause') session.play();
      else session.pause();
    });
  }

  /** Where the focus goes that leaves the picture. */
  focusControls(): void {
    this.#runButtons['real-time'].focus();
  }

  /** Follows `session` until it ends, then waits for the next. */
  follow(session: SimulationSession, world: string): void {
    this.#session = session;
    this.#clear(world);
    session.on('stage', ({ stage, detail }) => this.#showStage(stage, detail));
    session.on('progress', ({ text }) => this.#showProgress(text));
    session.on('queue', (place) => this.#showProgress(placeInWords(place)));
    session.on('trouble', ({ text }) => this.#showTrouble(text));
    session.on('frame', ({ time }) => this.#showTime(time));
    session.on('state', ({ state }) => this.#showState(state));
    session.on('console', (line) => {
      if (isEmbeddedEngine(line)) this.#engine.textContent = 'The embedded engine, which is not Webots';
    });
    session.on('world', ({ current, worlds }) => this.#showWorlds(current, worlds));
    session.on('shutdownTimeout', ({ seconds }) => this.#showTimeLimit(seconds));
    void session.ended.then(() => this.#end());
  }

  #clear(world: string): void {
    this.#world.textContent = world;
    this.#engine.textContent = '–';
    this.#timeLimit.textContent = '–';
    this.#limit = Infinity;
    this.#state.textContent = '–';
    this.#trouble.hidden = true;
    this.#worldsLabel.hidden = true;
    this.#leave.disabled = false;
    this.#showTime(0);
    this.#panel.hidden = false;
    this.#title.focus({ preventScroll: true });
  }

  #end(): void {
    this.#session = undefined;
    clearTimeout(this.#warning);
    this.#panel.hidden = true;
  }

  #showStage(stage: Stage, detail: string): void {
    const isStreaming = stage === 'streaming';
    this.#stage.textContent = stage === 'connecting' ? `Connecting to ${detail}…` : STAGE_WORDS[stage];
    this.#commands.disabled = !isStreaming;
    this.#leave.disabled = stage === 'leaving';
    if (isStreaming && this.#engine.textContent === '–') this.#engine.textContent = 'Webots';
  }

  #showProgress(text: string): void {
    // What is said again is not read out again.
    if (text !== '' && text !== this.#stage.textContent) this.#stage.textContent = text;
  }

  #showTrouble(text: string): void {
    this.#trouble.textContent = text;
    this.#trouble.hidden = false;
  }

  #showTime(time: number): void {
    this.#time.textContent = simulatedTime(time);
    if (this.#session?.state === 'pause') return;
    this.#factor.record(performance.now(), time);
    const { value } = this.#factor;
    this.#speed.textContent = value === undefined ? '–' : `× ${value.toFixed(2)}`;
  }

  #showState(state: RunState): void {
    this.#state.textContent = STATE_WORDS[state];
    this.#factor.clear();
    this.#speed.textContent = '–';
    for (const [name, button] of Object.entries(this.#runButtons)) {
      button.setAttribute('aria-pressed', String(name === state));
    }
  }

  #showWorlds(current: string, worlds: readonly string[]): void {
    this.#worlds.replaceChildren(...worlds.map((world) => new Option(world, world, false, world === current)));
    this.#worldsLabel.hidden = worlds.length < 2;
  }

  /** The earliest limit counts; one that comes later and is earlier is that of a server that is being stopped. */
  #showTimeLimit(seconds: number): void {
    const limit = performance.now() + seconds * 1000;
    if (limit > this.#limit) return;
    if (this.#limit !== Infinity) this.#showTrouble('The server is being stopped: finish what you are doing.');
    this.#limit = limit;
    const end = new Date(Date.now() + seconds * 1000);
    this.#timeLimit.textContent = `at ${end.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`;
    clearTimeout(this.#warning);
    if (seconds <= WARNING_LEAD) return;
    this.#warning = setTimeout(
      () => this.#showTrouble('The time limit is near: the simulation is closed in five minutes.'),
      (seconds - WARNING_LEAD) * 1000,
    );
  }

  #onClick(id: string, command: (session: SimulationSession) => void): void {
    byId(id, HTMLButtonElement).addEventListener('click', () => this.#command(command));
  }

  #command(command: (session: SimulationSession) => void): void {
    if (this.#session === undefined) return;
    try {
      command(this.#session);
    } catch (error) {
      this.#showTrouble(error instanceof Error ? error.message : String(error));
    }
  }
}
