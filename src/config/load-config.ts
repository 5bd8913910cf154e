import type { SessionConfig } from './session-config.ts';
import type { SimulationConfig } from './simulation-config.ts';

export interface LoadedConfig<Config> {
  readonly config: Config;
  /** One sentence for each thing that the operator should know. */
  readonly warnings: readonly string[];
  /** Absolute path of the file. */
  readonly file: string;
  /** Absolute path of the file's folder. */
  readonly folder: string;
}

export interface ConfigOverrides {
  /** TCP port, 1–65535, instead of the file's. */
  readonly port?: number;
}

/** @throws AppError `configurationInvalid` */
export async function loadSessionConfig(
  _file: string,
  _overrides: ConfigOverrides = {},
): Promise<LoadedConfig<SessionConfig>> {
  throw new Error('not written yet');
}

/** @throws AppError `configurationInvalid` */
export async function loadSimulationConfig(
  _file: string,
  _overrides: ConfigOverrides = {},
): Promise<LoadedConfig<SimulationConfig>> {
  throw new Error('not written yet');
}
