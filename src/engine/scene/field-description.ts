/** A value of a field that is no node. A vector, a colour or a list is an array. */
export type FieldValue = number | boolean | string | readonly number[] | readonly string[];

/** What a field that holds no nodes may hold, and what it holds where the world does not say. */
export type ValueDescription =
  | { readonly kind: 'number'; readonly value: number; readonly isPositive: boolean }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** As many numbers as the default has. */
  | { readonly kind: 'vector'; readonly value: readonly number[]; readonly isPositive: boolean }
  | { readonly kind: 'numbers'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] };

/** What a field may hold: a value, or nodes of described types, by default none. */
export type FieldDescription = ValueDescription | { readonly kind: 'nodes' };

export function number(value: number): ValueDescription {
  return { kind: 'number', value, isPositive: false };
}

/** A number above zero; Webots, too, takes the default for any other. */
export function positive(value: number): ValueDescription {
  return { kind: 'number', value, isPositive: true };
}

export function boolean(value: boolean): ValueDescription {
  return { kind: 'boolean', value };
}

export function string(value: string): ValueDescription {
  return { kind: 'string', value };
}

export function vector(...value: number[]): ValueDescription {
  return { kind: 'vector', value, isPositive: false };
}

/** A vector whose numbers are all above zero. */
export function size(...value: number[]): ValueDescription {
  return { kind: 'vector', value, isPositive: true };
}

export function numbers(...value: number[]): ValueDescription {
  return { kind: 'numbers', value };
}

export function strings(...value: string[]): ValueDescription {
  return { kind: 'strings', value };
}

export function nodes(): FieldDescription {
  return { kind: 'nodes' };
}
