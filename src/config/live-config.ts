/** A configuration that is replaced while it is in use. */
export interface LiveConfig<Config extends object> {
  /** What is in force. To be read at each use, and never kept or copied. */
  readonly values: Readonly<Config>;
  /** Puts another configuration in force. */
  replace(next: Config): void;
}

export function liveConfig<Config extends object>(first: Config): LiveConfig<Config> {
  const values = { ...first };
  return {
    values,
    replace(next) {
      for (const key of Object.keys(values) as (keyof Config)[]) if (!Object.hasOwn(next, key)) delete values[key];
      Object.assign(values, next);
    },
  };
}
