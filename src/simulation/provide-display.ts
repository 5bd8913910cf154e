import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ChildSpec, child } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { createDisplay } from '../webots/display.ts';
import type { Engine } from '../webots/engine.ts';
import { findDisplay, INSTALL_XVFB } from '../webots/find-display.ts';

/** Longest wait in ms for the first display before clients are served without: our choice. */
const FIRST_DISPLAY_TIMEOUT = 5_000;

export interface DisplayNeeds {
  readonly config: { readonly display: string; readonly projectsDir: string };
  readonly engine: Pick<Engine, 'name'>;
  readonly reaper: Pick<Reaper, 'spawn' | 'hold' | 'forget'>;
  readonly log: Logger;
}

/** What leads engines to a display. */
export interface ProvidedDisplay {
  readonly variables: () => Readonly<Record<string, string>>;
  /** The actor that runs one, where the server has one of its own. */
  readonly children: readonly ChildSpec[];
  /** Resolves when engines can draw, or after a bound. */
  ready(): Promise<void>;
}

/** Provides the display that the configuration means. */
export async function provideDisplay({ config, engine, reaper, log }: DisplayNeeds): Promise<ProvidedDisplay> {
  const choice = await findDisplay(config.display, engine.name, process.env);
  if (choice.kind === 'missing') log.warn({ advice: INSTALL_XVFB }, 'no display for Webots');
  if (choice.kind !== 'own') {
    const variables: Record<string, string> = choice.kind === 'given' ? { DISPLAY: choice.display } : {};
    return { variables: () => variables, children: [], ready: async () => {} };
  }
  const display = createDisplay({
    program: choice.program,
    instances: join(config.projectsDir, 'instances'),
    reaper,
    onRunning: (name) => log.info({ display: name }, 'display runs'),
  });
  return {
    variables: display.variables,
    // What ends it is the signal of the promise, and in the end the reaper.
    children: [child({ id: 'display', src: display.logic, shutdown: 0 })],
    async ready() {
      const patience = new AbortController();
      await Promise.race([display.ready, wait(FIRST_DISPLAY_TIMEOUT, undefined, { signal: patience.signal })]);
      patience.abort();
    },
  };
}
