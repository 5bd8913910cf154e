import { fromPromise } from 'xstate';
import { type ChildSpec, child } from '../../machines/supervisor.ts';
import type { SimulationConfig } from '../config/simulation-config.ts';
import type { Logger } from '../log.ts';
import { type Checkout, createCheckout } from '../projects/checkout.ts';
import { createReaper, type Reaper } from '../reaper/reaper.ts';
import { createInstancesFolder } from '../simulation/instance-folder.ts';
import { provideDisplay } from '../simulation/provide-display.ts';
import { type Engine, findEngine } from '../webots/engine.ts';

/** Where engines listen that are reached through this server only. */
const LOOPBACK = '127.0.0.1';

export interface ProgramsOptions {
  /** Absolute path of the configuration file's folder. */
  readonly configFolder: string;
  readonly log: Logger;
  /** The engine; by default the one that the configuration means. */
  readonly engine?: Engine;
}

/** The programs that run for sessions: the engine with its display, git, and the reaper, which starts and ends them all. */
export interface Programs {
  readonly engine: Engine;
  readonly reaper: Reaper;
  readonly checkout: Checkout;
  /** Absolute path of the folder in which each session gets one of its own. */
  readonly instances: string;
  /** The actors that run the reaper and the display. */
  readonly children: readonly ChildSpec[];
  /** Resolves when programs can be started; what a display takes has a bound. */
  ready(): Promise<void>;
  /** Resolves when all have ended; to be called once no actor runs. */
  close(): Promise<void>;
}

/**
 * @param config what is in force, read at each use
 * @throws AppError `configurationInvalid` if what the configuration asks for is not installed, or another user's
 */
export async function createPrograms(options: ProgramsOptions, config: SimulationConfig): Promise<Programs> {
  const { configFolder, log } = options;
  const secrets = config.credentials.flatMap(({ tokenEnv }) => tokenEnv ?? []);
  const instances = await createInstancesFolder(config.projectsDir);
  const displayVariables = () => display.variables();
  const bindAddress = config.stream === 'proxy' ? { bindAddress: LOOPBACK } : {};
  const engine = options.engine ?? (await findEngine({ ...config, secrets, displayVariables, ...bindAddress }));
  const reaper = createReaper(
    config.projectsDir,
    {
      onReady: ({ pid, ended, means }) => log.info({ reaper: pid, orphans: ended, means }, 'reaper runs'),
      onNotice: (notice) => log.warn({ notice }, 'reaper noticed something'),
    },
    secrets,
  );
  let reaping: Promise<void> | undefined;
  const display = await provideDisplay({ config, engine, reaper, log });
  const checkout = await createCheckout({
    git: config.git,
    credentials: config.credentials,
    get hosts() {
      return config.hosts;
    },
    get mirrors() {
      return config.mirrors;
    },
    get checkoutTimeout() {
      return config.checkoutTimeout;
    },
    get maxProjectSize() {
      return config.maxProjectSize;
    },
    mirrorBase: configFolder,
    spawn: reaper.spawn,
    measure: reaper.measureFolder,
    log: (detail) => log.debug({ detail }, 'checkout'),
    warn: (problem) => log.warn({ problem }, 'token does not help'),
  });

  return {
    engine,
    reaper,
    checkout,
    instances,
    children: [
      child({
        id: 'reaper',
        src: fromPromise(({ signal }) => {
          reaping = reaper.run(signal);
          return reaping;
        }),
        // What ends it is the signal of the promise.
        shutdown: 0,
      }),
      ...display.children,
    ],
    async ready() {
      await reaper.ready;
      await display.ready();
    },
    async close() {
      // Where no reaper runs, another one ends what it finds.
      await reaping?.catch(() => reaper.run(AbortSignal.abort()));
    },
  };
}
