import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { ADDRESS_KEYS, FORM_KEYS, type KeyEffects } from './key-effects.ts';
import type { LoadedConfig } from './load-config.ts';
import { watchConfigFile } from './watch-config-file.ts';

/** What a file that was read again comes to. */
export interface ConfigChange<Config> {
  /** What is in force from now on. */
  readonly config: Config;
  /** Keys whose values are others now. */
  readonly changed: readonly string[];
  /** Keys whose values in the file take effect at the next start. */
  readonly waiting: readonly string[];
}

/**
 * Takes over what may change while the server runs.
 *
 * @param current what is in force
 * @param next what the file says now, with all defaults
 */
export function mergeConfig<Config extends object>(
  current: Config,
  next: Config,
  effects: KeyEffects<Config>,
): ConfigChange<Config> {
  const keys = Object.keys(effects) as (keyof Config & string)[];
  const different = keys.filter((key) => !isDeepStrictEqual(current[key], next[key]));
  const mayNotChange = (key: keyof Config & string) => effects[key] === 'start';
  const addressWaits = different.some((key) => ADDRESS_KEYS.has(key) && mayNotChange(key));
  const formWaits = different.some((key) => FORM_KEYS.has(key) && mayNotChange(key));
  const waits = (key: keyof Config & string) =>
    mayNotChange(key) || (addressWaits && ADDRESS_KEYS.has(key)) || (formWaits && key === 'simulationServers');
  const waiting = different.filter(waits);
  const kept = Object.entries(current).filter(([key]) => waiting.includes(key as (typeof keys)[number]));
  const others = Object.entries(next).filter(([key]) => !waiting.includes(key as (typeof keys)[number]));
  return {
    config: Object.fromEntries([...others, ...kept]) as Config,
    changed: different.filter((key) => !waits(key)),
    waiting,
  };
}

export interface ReloadOptions<Config extends object> {
  /** What is in force when the server starts. */
  readonly first: Config;
  readonly effects: KeyEffects<Config>;
  /** Reads and checks the file. @throws AppError `configurationInvalid` */
  load(): Promise<LoadedConfig<Config>>;
  /** Puts a configuration in force of which at least one key has changed. */
  apply(config: Config, changed: readonly string[]): void | Promise<void>;
  readonly log: Logger;
}

/** Reads the file once more, and puts in force what may change; never rejects. */
export type Reload = (cause: 'signal' | 'file') => Promise<void>;

/** Keeps what runs to its file. */
export interface Following {
  readonly reload: Reload;
  /** Lets it be from now on. */
  stop(): void;
}

/** Reloads follow each other, so that the last one counts; the log says what became of each. */
function createReload<Config extends object>(options: ReloadOptions<Config>): Reload {
  const { effects, load, apply, log } = options;
  let current = options.first;
  let last: Promise<void> = Promise.resolve();

  async function reload(cause: 'signal' | 'file'): Promise<void> {
    try {
      const { config: next, warnings } = await load();
      const { config, changed, waiting } = mergeConfig(current, next, effects);
      for (const warning of warnings) log.warn(warning);
      if (changed.length > 0) {
        current = config;
        await apply(config, changed);
      }
      log.info({ cause, changed }, 'configuration read again');
      if (waiting.length > 0) log.warn({ keys: waiting }, 'takes effect at the next start');
    } catch (error) {
      if (!(error instanceof AppError)) return log.error({ cause, error }, 'configuration not read again');
      log.error({ cause, problem: error.message }, 'configuration refused; the one in force stays');
    }
  }

  return (cause) => {
    last = last.then(() => reload(cause));
    return last;
  };
}

export interface FollowOptions<Config extends object> extends ReloadOptions<Config> {
  /** Absolute path of the file. */
  readonly file: string;
}

/** Reads the file again whenever it has changed, while `watchConfig` is true, and when it is told to. */
export function followConfig<Config extends { readonly watchConfig: boolean }>(
  options: FollowOptions<Config>,
): Following {
  const { first, file, apply } = options;
  let stopWatching: (() => void) | undefined;
  const reload = createReload({
    ...options,
    async apply(config, changed) {
      watch(config.watchConfig);
      await apply(config, changed);
    },
  });

  function watch(isWanted: boolean): void {
    if (isWanted) stopWatching ??= watchConfigFile(file, () => void reload('file'));
    else {
      stopWatching?.();
      stopWatching = undefined;
    }
  }

  watch(first.watchConfig);
  let isStopped = false;
  return {
    reload: async (cause) => {
      if (!isStopped) await reload(cause);
    },
    stop() {
      isStopped = true;
      watch(false);
    },
  };
}
